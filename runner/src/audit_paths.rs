//! Paths that a core module names, for the audit: read before the call, because the guest can have its result written over them.

use wasmtime::{AsContextMut as _, Caller, Extern, Linker};
use wasmtime_wasi::p1::wasi_snapshot_preview1::{self, WasiSnapshotPreview1 as _};
use wasmtime_wasi::runtime::in_tokio;
use wiggle::GuestMemory;

use crate::audit;
use crate::host::{Host, WASI};

/// Functions of WASI 0.1, as Wasmtime has them, which show the audit their paths: each is where it begins, and its length.
macro_rules! seen {
    ($linker:ident, $name:ident($($argument:ident: $kind:ty),*), $($start:ident $length:ident),+) => {{
        let call = |mut caller: Caller<'_, Host>, $($argument: $kind),*| -> wasmtime::Result<i32> {
            let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
                wasmtime::bail!("missing required memory export");
            };
            let fuel = caller.as_context_mut().hostcall_fuel();
            let (bytes, host) = memory.data_and_store_mut(&mut caller);
            host.wasi.set_hostcall_fuel(fuel);
            $(audit::saw(bytes, $start, $length);)+
            let mut memory = GuestMemory::Unshared(bytes);
            in_tokio(wasi_snapshot_preview1::$name(&mut host.wasi, &mut memory, $($argument),*))
        };
        $linker.func_wrap(WASI, stringify!($name), call)?;
    }};
}

/// Has them seen.
pub(crate) fn shadow(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    seen!(linker, path_create_directory(fd: i32, path: i32, length: i32), path length);
    seen!(linker, path_filestat_get(fd: i32, flags: i32, path: i32, length: i32, result: i32), path length);
    seen!(
        linker,
        path_filestat_set_times(fd: i32, flags: i32, path: i32, length: i32, read: i64, written: i64, which: i32),
        path length
    );
    seen!(
        linker,
        path_link(old_fd: i32, flags: i32, old: i32, old_length: i32, new_fd: i32, new: i32, new_length: i32),
        old old_length, new new_length
    );
    seen!(
        linker,
        path_open(
            fd: i32, flags: i32, path: i32, length: i32, how: i32, rights: i64, inherited: i64, fd_flags: i32, result: i32
        ),
        path length
    );
    seen!(
        linker,
        path_readlink(fd: i32, path: i32, length: i32, buffer: i32, buffer_length: i32, result: i32),
        path length
    );
    seen!(linker, path_remove_directory(fd: i32, path: i32, length: i32), path length);
    seen!(
        linker,
        path_rename(old_fd: i32, old: i32, old_length: i32, new_fd: i32, new: i32, new_length: i32),
        old old_length, new new_length
    );
    seen!(
        linker,
        path_symlink(old: i32, old_length: i32, fd: i32, new: i32, new_length: i32),
        old old_length, new new_length
    );
    seen!(linker, path_unlink_file(fd: i32, path: i32, length: i32), path length);
    Ok(())
}
