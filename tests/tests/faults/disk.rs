//! A disk that fails on demand, and knows what a loss of power would take from it.

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

/// What SQLite asks of its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    Open,
    Read,
    Write,
    Truncate,
    Sync,
    Size,
    Lock,
    /// Of the index of the write-ahead log into memory.
    Map,
    Delete,
    Look,
}

/// Which file.
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
        Self::Look,
    ];
}

impl Part {
    pub(crate) fn of(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("db") => Self::Database,
            Some("db-wal") => Self::Log,
            _ => Self::Other,
        }
    }
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Go,
    /// Opens the file for reading, whatever was asked.
    GoReadOnly,
    Fail(c_int),
    /// Writes half, then fails.
    Torn(c_int),
}

/// What is wrong with a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing can be written any more; what doesn't fit is written in part.
    Full,
    /// Whatever is asked fails.
    Broken,
    /// This fails.
    BrokenIn(Call),
    /// Writes end in the middle.
    Torn,
    /// It has become read-only.
    ReadOnly,
    /// The database's own file can only be opened for reading.
    FileReadOnly,
    /// The database's own file can't be written, the log beside it can.
    DatabaseUnwritable,
    /// There is no power: from the first call on that would change a file, all fail.
    Dead,
}

impl Fault {
    /// How a call fares; `None`: the fault doesn't touch it.
    fn meets(self, call: Call, part: Part) -> Option<Verdict> {
        use Call::{Delete, Open, Sync, Truncate, Write};
        match (self, call) {
            (Self::Full, Write) => Some(Verdict::Torn(ffi::SQLITE_FULL)),
            (Self::Torn, Write) => Some(Verdict::Torn(ffi::SQLITE_IOERR_WRITE)),
            (Self::Full | Self::Torn, _) => None,
            (Self::FileReadOnly, Open) if part != Part::Database => None,
            (Self::ReadOnly | Self::FileReadOnly, Open) => Some(Verdict::GoReadOnly),
            (Self::ReadOnly, Write | Truncate | Delete) => Some(Verdict::Fail(broken(call))),
            (Self::DatabaseUnwritable, Write | Truncate | Sync) if part == Part::Database => {
                Some(Verdict::Fail(broken(call)))
            }
            (Self::ReadOnly | Self::FileReadOnly | Self::DatabaseUnwritable, _) => None,
            (Self::Dead, Write) => Some(Verdict::Torn(broken(call))),
            (Self::Dead, Truncate | Sync | Delete) => Some(Verdict::Fail(broken(call))),
            (Self::Dead, _) => None,
            (Self::BrokenIn(broken), _) if broken != call => None,
            (Self::Broken | Self::BrokenIn(_), _) => Some(Verdict::Fail(broken(call))),
        }
    }
}

fn broken(call: Call) -> c_int {
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
        Call::Look => ffi::SQLITE_IOERR_ACCESS,
    }
}

/// What stood where something was written or cut off.
pub(crate) struct Before {
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
    /// Of the file.
    pub(crate) length: u64,
    pub(crate) truncates: bool,
}

/// What a loss of power takes of the writes that weren't synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// Nothing: only the process has died.
    Nothing,
    All,
    /// Some, in no order.
    Some(u64),
}

/// A folder whose SQLite files can be made to fail.
pub(crate) struct Disk {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    fault: Option<Armed>,
    /// The call that the fault met first.
    hit: Option<(Call, Part)>,
    unsynced: HashMap<PathBuf, Vec<Before>>,
}

struct Armed {
    fault: Fault,
    /// Calls that it still lets pass.
    after: usize,
    /// Whether it stays.
    lasts: bool,
}

static DISKS: Mutex<Vec<Weak<Disk>>> = Mutex::new(Vec::new());

impl Disk {
    /// A healthy one.
    pub(crate) fn at(folder: &Path) -> Arc<Self> {
        vfs::register();
        // SQLite names files without symbolic links.
        let disk = Arc::new(Self { folder: folder.canonicalize().unwrap(), state: Mutex::default() });
        let mut disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
        disks.retain(|disk| disk.strong_count() > 0);
        disks.push(Arc::downgrade(&disk));
        disk
    }

    /// The disk that this file lies on.
    pub(crate) fn of(path: &Path) -> Option<Arc<Self>> {
        let disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
        disks.iter().filter_map(Weak::upgrade).find(|disk| path.starts_with(&disk.folder))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on there is something wrong with it.
    pub(crate) fn fail(&self, fault: Fault) {
        self.fail_after(0, fault, true);
    }

    /// It lets so many of the calls that the fault touches pass. The next one fails; all after it, too, if that `lasts`.
    pub(crate) fn fail_after(&self, after: usize, fault: Fault, lasts: bool) {
        let mut state = self.state();
        state.fault = Some(Armed { fault, after, lasts });
        state.hit = None;
    }

    /// Makes it healthy; says which call the fault met first, if any.
    pub(crate) fn heal(&self) -> Option<(Call, Part)> {
        let mut state = self.state();
        state.fault = None;
        state.hit.take()
    }

    /// What becomes of a call.
    pub(crate) fn ask(&self, call: Call, part: Part) -> Verdict {
        let mut state = self.state();
        let dead = state.hit.is_some();
        let Some(armed) = &mut state.fault else { return Verdict::Go };
        if dead && armed.fault == Fault::Dead {
            return Verdict::Fail(broken(call));
        }
        let Some(verdict) = armed.fault.meets(call, part) else { return Verdict::Go };
        if armed.after > 0 {
            armed.after -= 1;
            return Verdict::Go;
        }
        if !armed.lasts {
            state.fault = None;
        }
        state.hit.get_or_insert((call, part));
        verdict
    }

    /// Something is written over what stood before.
    pub(crate) fn remember(&self, path: &Path, before: Before) {
        self.state().unsynced.entry(path.to_owned()).or_default().push(before);
    }

    /// What was written to a file is on the disk.
    pub(crate) fn settle(&self, path: &Path) {
        self.state().unsynced.remove(path);
    }

    /// Copies the database and its log into a folder, as they are found after a loss of power.
    pub(crate) fn salvage(&self, into: &Path, loss: Loss) {
        let state = self.state();
        for entry in std::fs::read_dir(&self.folder).unwrap() {
            let path = entry.unwrap().path();
            let part = Part::of(&path);
            // The log's index is no more than memory.
            if part == Part::Other {
                continue;
            }
            let copy = into.join(path.file_name().unwrap());
            std::fs::copy(&path, &copy).unwrap();
            let lost = state.unsynced.get(&path).map_or(&[][..], Vec::as_slice);
            take(&OpenOptions::new().read(true).write(true).open(&copy).unwrap(), lost, loss);
        }
    }
}

/// Takes back what was written.
fn take(file: &File, writes: &[Before], loss: Loss) {
    match loss {
        Loss::Nothing => {}
        Loss::All => writes.iter().rev().for_each(|before| take_back(file, before)),
        Loss::Some(seed) => {
            use rand_xoshiro::rand_core::SeedableRng as _;
            let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
            let since_truncated = writes.iter().rev().take_while(|before| !before.truncates);
            since_truncated.filter(|_| random.next_u64().is_multiple_of(2)).for_each(|before| take_back(file, before));
        }
    }
}

fn take_back(file: &File, before: &Before) {
    let Before { offset, bytes, length, .. } = before;
    let end = offset + bytes.len() as u64;
    file.write_all_at(bytes, *offset).unwrap();
    if end > *length && file.metadata().unwrap().len() <= end {
        file.set_len(*length).unwrap();
    }
}
