//! What was built for the host is told from its first bytes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use camino::Utf8Path;

/// How an archive begins, and one that only names the files it is of.
const ARCHIVE: &[u8] = b"!<arch>\n";
const THIN_ARCHIVE: &[u8] = b"!<thin>\n";

/// Whether it is an object, a program or a library of a machine, and no WebAssembly. What cannot be read is not.
pub(super) fn is_for_the_host(path: &Utf8Path) -> bool {
    let Ok(mut file) = File::open(path) else { return false };
    let start = start(&mut file);
    match start.as_slice() {
        ARCHIVE => first_member(&mut file).is_ok_and(|start| is_native(&start, true)),
        THIN_ARCHIVE => true,
        start => is_native(start, matches!(path.extension(), Some("o" | "obj" | "exe" | "dll"))),
    }
}

/// Up to eight bytes from where the file is read.
fn start(file: &mut impl Read) -> Vec<u8> {
    let mut start = Vec::new();
    // What cannot be read begins with nothing.
    let _ = file.take(8).read_to_end(&mut start);
    start
}

/// ELF, Mach-O and the code of a compiler that goes on when it links; and, as two or four bytes say little by
/// themselves, what Windows has only in a file of whose name or place one expects it.
fn is_native(start: &[u8], may_be_coff: bool) -> bool {
    match start {
        [0x7f, b'E', b'L', b'F', ..] | [0xcf, 0xfa, 0xed, 0xfe, ..] => true,
        // Classes of Java begin so too; where they have their version, Mach-O has the number of its machines.
        [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, machines] => *machines < 40,
        [b'B', b'C', 0xc0, 0xde, ..] | [0x64, 0x86 | 0xaa, ..] | [0x4c, 0x01, ..] => may_be_coff,
        [0, 0, 0xff, 0xff, ..] | [b'M', b'Z', ..] => may_be_coff,
        _ => false,
    }
}

/// How the first file in an archive begins that is no index of the archive's own.
fn first_member(file: &mut (impl Read + Seek)) -> io::Result<Vec<u8>> {
    loop {
        let mut header = [0; 60];
        file.read_exact(&mut header)?;
        let text = String::from_utf8_lossy(&header);
        let name = text.get(..16).unwrap_or_default().trim_end();
        let size: i64 = text.get(48..58).and_then(|size| size.trim_end().parse().ok()).unwrap_or_default();
        // On macOS, longer names come before the contents.
        let name_size = name.strip_prefix("#1/").and_then(|size| size.parse::<u32>().ok());
        let mut long_name = vec![0; usize::try_from(name_size.unwrap_or(0).min(4096)).unwrap_or_default()];
        file.read_exact(&mut long_name)?;
        let is_index =
            matches!(name, "/" | "//" | "/SYM64/" | "__.SYMDEF") || long_name.starts_with(b"__.SYMDEF");
        if !is_index {
            return Ok(start(file));
        }
        let rest = size + (size & 1) - i64::from(name_size.unwrap_or(0));
        file.seek(SeekFrom::Current(rest.max(0)))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;
    use std::fs;

    fn is_host(name: &str, bytes: &[u8]) -> bool {
        let folder = Folder::with(&[name]);
        fs::write(folder.root.join(name), bytes).unwrap();
        is_for_the_host(&folder.root.join(name))
    }

    fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = ARCHIVE.to_vec();
        for (name, contents) in members {
            bytes.extend(format!("{name:<16}{:<32}{:<10}`\n", "", contents.len()).bytes());
            bytes.extend(*contents);
            bytes.resize(bytes.len().next_multiple_of(2), b'\n');
        }
        bytes
    }

    #[test]
    fn objects_and_programs_are_told_by_their_bytes_and_not_by_their_names() {
        assert!(is_host("a.o", b"\x7fELF and so on"));
        assert!(is_host("a.obj", b"\x64\x86 and so on"));
        assert!(is_host("tool.exe", b"MZ and so on"));
        assert!(!is_host("cube.obj", b"v 1.0 1.0 1.0\n"));
        assert!(!is_host("notes.lib", b"(library)"));
        assert!(!is_host("notes.txt", b"MZ is how programs begin"));
        assert!(!is_host("a.o", b"\0asm\x01\0\0\0"));
        assert!(!is_host("A.class", b"\xca\xfe\xba\xbe\0\0\0\x41"));
    }

    #[test]
    fn an_archive_is_what_its_first_object_is() {
        let index: &[u8] = b"\0\0\0\x01x";
        assert!(is_host("a.a", &archive(&[("/", index), ("a.o/", b"\x7fELF...")])));
        assert!(is_host("a.lib", &archive(&[("/", index), ("/", index), ("a.obj/", b"\x64\x86...")])));
        assert!(is_host(
            "a.a",
            &archive(&[("#1/12", b"__.SYMDEF\0\0\0index"), ("a.o", b"\xcf\xfa\xed\xfe....")])
        ));
        assert!(!is_host(
            "a.a",
            &archive(&[("/", index), ("//", b"long name"), ("a.o/", b"\0asm\x01\0\0\0")])
        ));
        assert!(!is_host("a.a", &archive(&[])));
        assert!(is_host("a.a", THIN_ARCHIVE));
    }
}
