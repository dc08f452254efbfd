//! A VFS between SQLite and its files: it asks a [`Disk`] before each call, and forwards the call to SQLite's VFS.
//!
//! Calls for files outside all disks are forwarded unchanged.
#![expect(unsafe_code, reason = "SQLite calls its files through pointers")]

use crate::disk::{Call, Disk, Interception, Part, PreviousContent};
use libsqlite3_sys as ffi;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

/// A file of a disk as SQLite sees it. The file of SQLite's VFS follows in the same allocation.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    open: *mut Open,
}

struct Open {
    disk: Arc<Disk>,
    part: Part,
    path: PathBuf,
}

/// Registers the VFS as the default of this process.
pub(crate) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: SQLite's VFS lives as long as the process, and this VFS is leaked.
        unsafe {
            let below = ffi::sqlite3_vfs_find(std::ptr::null());
            let mut vfs = *below;
            vfs.szOsFile += c_int::try_from(size_of::<File>()).unwrap();
            vfs.pNext = std::ptr::null_mut();
            vfs.zName = c"faulty".as_ptr();
            vfs.pAppData = below.cast();
            vfs.xOpen = Some(open);
            vfs.xDelete = Some(delete);
            vfs.xAccess = Some(access);
            assert_eq!(ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 1), ffi::SQLITE_OK);
        }
    });
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    // Version 2 has no memory-mapped I/O, so every read and write is a call.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Calls the same function of SQLite's VFS.
macro_rules! below {
    ($vfs:expr, $function:ident $(, $argument:expr)*) => {{
        let below = (*$vfs).pAppData.cast::<ffi::sqlite3_vfs>();
        (*below).$function.unwrap_unchecked()(below $(, $argument)*)
    }};
}

/// Calls the same function of the real file.
macro_rules! real {
    ($file:expr, $function:ident $(, $argument:expr)*) => {{
        let real = real($file);
        (*(*real).pMethods).$function.unwrap_unchecked()(real $(, $argument)*)
    }};
}

/// The real file, which follows the [`File`] in memory.
unsafe fn real(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: `szOsFile` has room for both.
    unsafe { file.cast::<File>().add(1).cast() }
}

unsafe fn open_file<'a>(file: *mut ffi::sqlite3_file) -> &'a Open {
    // SAFETY: SQLite calls the methods of open files only, and `open` has set it.
    unsafe { &*(*file.cast::<File>()).open }
}

unsafe fn path<'a>(name: *const c_char) -> Option<&'a Path> {
    // SAFETY: SQLite's names end with NUL; that of a temporary file is absent.
    (!name.is_null()).then(|| Path::new(unsafe { CStr::from_ptr(name) }.to_str().unwrap_or_default()))
}

/// Defines functions that SQLite calls. The contract of each is SQLite's: pointers are valid for the call, files are
/// open, and the functions forward the arguments that they get.
macro_rules! calls {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $returns:ty $body:block)*) => {$(
        unsafe extern "C" fn $name($($argument: $type),*) -> $returns {
            // SAFETY: see the contract in the description of the macro.
            unsafe { $body }
        }
    )*};
}

type Vfs = *mut ffi::sqlite3_vfs;
type SqliteFile = *mut ffi::sqlite3_file;

calls! {
    fn open(vfs: Vfs, name: *const c_char, file: SqliteFile, flags: c_int, out: *mut c_int) -> c_int {
        let Some((path, disk)) = path(name).and_then(|path| Some((path, Disk::find(path)?))) else {
            return below!(vfs, xOpen, name, file, flags, out);
        };
        (*file).pMethods = std::ptr::null();
        let part = Part::from_path(path);
        let flags = match disk.intercept(Call::Open, part) {
            Interception::Proceed => flags,
            Interception::ProceedReadOnly => {
                (flags & !(ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE)) | ffi::SQLITE_OPEN_READONLY
            }
            Interception::Fail(code) | Interception::Torn(code) => return code,
        };
        let real = real(file);
        let code = below!(vfs, xOpen, name, real, flags, out);
        if code == ffi::SQLITE_OK {
            let open = Open { disk, part, path: path.to_owned() };
            (*file.cast::<File>()).open = Box::into_raw(Box::new(open));
            (*file).pMethods = &raw const METHODS;
        } else if !(*real).pMethods.is_null() {
            real!(file, xClose);
        }
        code
    }

    fn delete(vfs: Vfs, name: *const c_char, sync: c_int) -> c_int {
        let disk = path(name).and_then(Disk::find);
        if let Some((path, disk)) = path(name).zip(disk) {
            if let Interception::Fail(code) | Interception::Torn(code) = disk.intercept(Call::Delete, Part::from_path(path)) {
                return code;
            }
            disk.mark_synced(path);
        }
        below!(vfs, xDelete, name, sync)
    }

    fn access(vfs: Vfs, name: *const c_char, flags: c_int, out: *mut c_int) -> c_int {
        let disk = path(name).and_then(Disk::find);
        if let Some((path, disk)) = path(name).zip(disk)
            && let Interception::Fail(code) | Interception::Torn(code) = disk.intercept(Call::Access, Part::from_path(path))
        {
            return code;
        }
        below!(vfs, xAccess, name, flags, out)
    }

    fn close(file: SqliteFile) -> c_int {
        let code = real!(file, xClose);
        drop(Box::from_raw((*file.cast::<File>()).open));
        (*file).pMethods = std::ptr::null();
        code
    }

    fn read(file: SqliteFile, into: *mut c_void, amount: c_int, offset: i64) -> c_int {
        match open_file(file).intercept(Call::Read) {
            Interception::Fail(code) | Interception::Torn(code) => code,
            _ => real!(file, xRead, into, amount, offset),
        }
    }

    fn write(file: SqliteFile, from: *const c_void, amount: c_int, offset: i64) -> c_int {
        let (amount, code) = match open_file(file).intercept(Call::Write) {
            Interception::Fail(code) => return code,
            Interception::Torn(code) => (amount / 2, code),
            _ => (amount, ffi::SQLITE_OK),
        };
        let before = previous_content(file, offset, amount);
        let result = real!(file, xWrite, from, amount, offset);
        open_file(file).disk.record_write(&open_file(file).path, before);
        if result == ffi::SQLITE_OK { code } else { result }
    }

    fn truncate(file: SqliteFile, to: i64) -> c_int {
        if let Interception::Fail(code) | Interception::Torn(code) = open_file(file).intercept(Call::Truncate) {
            return code;
        }
        let cut = length(file).saturating_sub(to.unsigned_abs());
        let before = previous_content(file, to, c_int::try_from(cut).unwrap_or(c_int::MAX));
        open_file(file).disk.record_write(&open_file(file).path, PreviousContent { truncates: true, ..before });
        real!(file, xTruncate, to)
    }

    fn sync(file: SqliteFile, _flags: c_int) -> c_int {
        if let Interception::Fail(code) | Interception::Torn(code) = open_file(file).intercept(Call::Sync) {
            return code;
        }
        // The test's disk simulates synchronisation. Real synchronisation would only take time.
        open_file(file).disk.mark_synced(&open_file(file).path);
        ffi::SQLITE_OK
    }

    fn size(file: SqliteFile, out: *mut i64) -> c_int {
        match open_file(file).intercept(Call::Size) {
            Interception::Fail(code) | Interception::Torn(code) => code,
            _ => real!(file, xFileSize, out),
        }
    }

    fn lock(file: SqliteFile, kind: c_int) -> c_int {
        match open_file(file).intercept(Call::Lock) {
            Interception::Fail(code) | Interception::Torn(code) => code,
            _ => real!(file, xLock, kind),
        }
    }

    fn shm_map(file: SqliteFile, page: c_int, size: c_int, extend: c_int, out: *mut *mut c_void) -> c_int {
        match open_file(file).intercept(Call::Map) {
            Interception::Fail(code) | Interception::Torn(code) => code,
            _ => real!(file, xShmMap, page, size, extend, out),
        }
    }

    fn unlock(file: SqliteFile, kind: c_int) -> c_int { real!(file, xUnlock, kind) }
    fn check_reserved_lock(file: SqliteFile, out: *mut c_int) -> c_int { real!(file, xCheckReservedLock, out) }
    fn file_control(file: SqliteFile, what: c_int, with: *mut c_void) -> c_int { real!(file, xFileControl, what, with) }
    fn sector_size(file: SqliteFile) -> c_int { real!(file, xSectorSize) }
    fn device_characteristics(file: SqliteFile) -> c_int { real!(file, xDeviceCharacteristics) }
    fn shm_lock(file: SqliteFile, from: c_int, count: c_int, flags: c_int) -> c_int {
        real!(file, xShmLock, from, count, flags)
    }
    fn shm_barrier(file: SqliteFile) -> () { real!(file, xShmBarrier) }
    fn shm_unmap(file: SqliteFile, delete: c_int) -> c_int { real!(file, xShmUnmap, delete) }
}

impl Open {
    fn intercept(&self, call: Call) -> Interception {
        self.disk.intercept(call, self.part)
    }
}

unsafe fn length(file: SqliteFile) -> u64 {
    let mut length = 0;
    // SAFETY: the file is open.
    unsafe { real!(file, xFileSize, &raw mut length) };
    length.unsigned_abs()
}

/// The bytes that a call is going to replace.
unsafe fn previous_content(file: SqliteFile, offset: i64, amount: c_int) -> PreviousContent {
    let mut bytes = vec![0; usize::try_from(amount).unwrap_or_default()];
    // SAFETY: the file is open and the buffer has that many bytes. SQLite fills bytes beyond the end of the file with
    // zeros.
    let length = unsafe {
        real!(file, xRead, bytes.as_mut_ptr().cast(), amount, offset);
        length(file)
    };
    PreviousContent { offset: offset.unsigned_abs(), bytes, length, truncates: false }
}
