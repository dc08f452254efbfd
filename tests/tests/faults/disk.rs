//! A disk that fails on demand, and simulates the loss of unsynced writes.

use crate::vfs;
use libsqlite3_sys as ffi;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::Rng as _;
use std::collections::HashMap;
use std::ffi::c_int;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A call of SQLite to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    Open,
    Read,
    Write,
    Truncate,
    Sync,
    Size,
    Lock,
    /// Maps the index of the write-ahead log into memory.
    Map,
    Delete,
    Access,
}

/// The kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Database,
    Log,
    Other,
}

impl Call {
    pub(crate) const ALL: [Self; 10] = [
        Self::Open,
        Self::Read,
        Self::Write,
        Self::Truncate,
        Self::Sync,
        Self::Size,
        Self::Lock,
        Self::Map,
        Self::Delete,
        Self::Access,
    ];
}

impl Part {
    pub(crate) fn from_path(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("db") => Self::Database,
            Some("db-wal") => Self::Log,
            _ => Self::Other,
        }
    }
}

/// The result of the interception of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interception {
    Proceed,
    /// Opens the file read-only.
    ProceedReadOnly,
    Fail(c_int),
    /// Writes half of the bytes, then fails.
    Torn(c_int),
}

/// A fault of a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The disk is full: a write stores half of its bytes and fails.
    Full,
    /// Every call fails.
    Broken,
    /// This kind of call fails.
    BrokenIn(Call),
    /// A write stores half of its bytes and fails.
    Torn,
    /// The disk has become read-only.
    ReadOnly,
    /// The database file can only be opened for reading.
    FileReadOnly,
    /// Writes to the database file fail; writes to the log succeed.
    DatabaseUnwritable,
    /// Power fails at the first call that changes a file: this call and all later calls fail.
    Dead,
}

impl Fault {
    /// The interception of a call. `None`: the fault does not affect it.
    fn applies_to(self, call: Call, part: Part) -> Option<Interception> {
        use Call::{Delete, Open, Sync, Truncate, Write};
        match (self, call) {
            (Self::Full, Write) => Some(Interception::Torn(ffi::SQLITE_FULL)),
            (Self::Torn, Write) => Some(Interception::Torn(ffi::SQLITE_IOERR_WRITE)),
            (Self::Full | Self::Torn, _) => None,
            (Self::FileReadOnly, Open) if part != Part::Database => None,
            (Self::ReadOnly | Self::FileReadOnly, Open) => Some(Interception::ProceedReadOnly),
            (Self::ReadOnly, Write | Truncate | Delete) => Some(Interception::Fail(error_code(call))),
            (Self::DatabaseUnwritable, Write | Truncate | Sync) if part == Part::Database => {
                Some(Interception::Fail(error_code(call)))
            }
            (Self::ReadOnly | Self::FileReadOnly | Self::DatabaseUnwritable, _) => None,
            (Self::Dead, Write) => Some(Interception::Torn(error_code(call))),
            (Self::Dead, Truncate | Sync | Delete) => Some(Interception::Fail(error_code(call))),
            (Self::Dead, _) => None,
            (Self::BrokenIn(broken), _) if broken != call => None,
            (Self::Broken | Self::BrokenIn(_), _) => Some(Interception::Fail(error_code(call))),
        }
    }
}

fn error_code(call: Call) -> c_int {
    match call {
        Call::Open => ffi::SQLITE_CANTOPEN,
        Call::Read => ffi::SQLITE_IOERR_READ,
        Call::Write => ffi::SQLITE_IOERR_WRITE,
        Call::Truncate => ffi::SQLITE_IOERR_TRUNCATE,
        Call::Sync => ffi::SQLITE_IOERR_FSYNC,
        Call::Size => ffi::SQLITE_IOERR_FSTAT,
        Call::Lock => ffi::SQLITE_IOERR_LOCK,
        Call::Map => ffi::SQLITE_IOERR_SHMMAP,
        Call::Delete => ffi::SQLITE_IOERR_DELETE,
        Call::Access => ffi::SQLITE_IOERR_ACCESS,
    }
}

/// The bytes that a write or a truncation replaced.
pub(crate) struct PreviousContent {
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
    /// The previous length of the file.
    pub(crate) length: u64,
    pub(crate) truncates: bool,
}

/// The unsynced writes that a loss of power undoes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// None: only the process ends.
    Nothing,
    All,
    /// A random part, selected by this seed.
    Some(u64),
}

/// A folder whose SQLite files fail on demand.
pub(crate) struct Disk {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    fault: Option<ArmedFault>,
    /// The first call that the fault affected.
    hit: Option<(Call, Part)>,
    unsynced: HashMap<PathBuf, Vec<PreviousContent>>,
}

struct ArmedFault {
    fault: Fault,
    /// Number of affected calls that still proceed.
    after: usize,
    /// Whether the fault persists after the first failed call.
    lasts: bool,
}

static DISKS: Mutex<Vec<Weak<Disk>>> = Mutex::new(Vec::new());

impl Disk {
    /// A disk without a fault.
    pub(crate) fn at(folder: &Path) -> Arc<Self> {
        vfs::register();
        // SQLite names files without symbolic links.
        let disk = Arc::new(Self { folder: folder.canonicalize().unwrap(), state: Mutex::default() });
        let mut disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
        disks.retain(|disk| disk.strong_count() > 0);
        disks.push(Arc::downgrade(&disk));
        disk
    }

    /// The disk of this file.
    pub(crate) fn find(path: &Path) -> Option<Arc<Self>> {
        let disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
        disks.iter().filter_map(Weak::upgrade).find(|disk| path.starts_with(&disk.folder))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Activates a fault from the next call on.
    pub(crate) fn fail(&self, fault: Fault) {
        self.fail_after(0, fault, true);
    }

    /// Activates a fault after `after` affected calls. The next one fails, and with `lasts` all later ones, too.
    pub(crate) fn fail_after(&self, after: usize, fault: Fault, lasts: bool) {
        let mut state = self.state();
        state.fault = Some(ArmedFault { fault, after, lasts });
        state.hit = None;
    }

    /// Removes the fault. Returns the first call that it affected.
    pub(crate) fn repair(&self) -> Option<(Call, Part)> {
        let mut state = self.state();
        state.fault = None;
        state.hit.take()
    }

    /// Decides whether a call proceeds or fails.
    pub(crate) fn intercept(&self, call: Call, part: Part) -> Interception {
        let mut state = self.state();
        let dead = state.hit.is_some();
        let Some(armed) = &mut state.fault else { return Interception::Proceed };
        if dead && armed.fault == Fault::Dead {
            return Interception::Fail(error_code(call));
        }
        let Some(verdict) = armed.fault.applies_to(call, part) else { return Interception::Proceed };
        if armed.after > 0 {
            armed.after -= 1;
            return Interception::Proceed;
        }
        if !armed.lasts {
            state.fault = None;
        }
        state.hit.get_or_insert((call, part));
        verdict
    }

    /// Records the previous content of an unsynced write.
    pub(crate) fn record_write(&self, path: &Path, before: PreviousContent) {
        self.state().unsynced.entry(path.to_owned()).or_default().push(before);
    }

    /// Marks all writes to a file as synced.
    pub(crate) fn mark_synced(&self, path: &Path) {
        self.state().unsynced.remove(path);
    }

    /// Copies the database and its log into a folder, in the state after a loss of power.
    pub(crate) fn copy_after_power_loss(&self, into: &Path, loss: Loss) {
        let state = self.state();
        for entry in std::fs::read_dir(&self.folder).unwrap() {
            let path = entry.unwrap().path();
            let part = Part::from_path(&path);
            // The index of the log is not persistent.
            if part == Part::Other {
                continue;
            }
            let copy = into.join(path.file_name().unwrap());
            std::fs::copy(&path, &copy).unwrap();
            let lost = state.unsynced.get(&path).map_or(&[][..], Vec::as_slice);
            undo_writes(&OpenOptions::new().read(true).write(true).open(&copy).unwrap(), lost, loss);
        }
    }
}

/// Undoes the unsynced writes that are lost.
fn undo_writes(file: &File, writes: &[PreviousContent], loss: Loss) {
    match loss {
        Loss::Nothing => {}
        Loss::All => writes.iter().rev().for_each(|before| undo_write(file, before)),
        Loss::Some(seed) => {
            use rand_xoshiro::rand_core::SeedableRng as _;
            let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
            let since_truncated = writes.iter().rev().take_while(|before| !before.truncates);
            since_truncated.filter(|_| random.next_u64().is_multiple_of(2)).for_each(|before| undo_write(file, before));
        }
    }
}

fn undo_write(file: &File, before: &PreviousContent) {
    let PreviousContent { offset, bytes, length, .. } = before;
    let end = offset + bytes.len() as u64;
    file.write_all_at(bytes, *offset).unwrap();
    if end > *length && file.metadata().unwrap().len() <= end {
        file.set_len(*length).unwrap();
    }
}
