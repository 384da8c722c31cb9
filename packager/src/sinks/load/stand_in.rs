//! Programs that stand in for engines: they write down what they are called with, and answer as they are told.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{Commands, Containers, Engine, Error, Load, Loaded};
use crate::fixture::{self, MODULE, name};
use crate::{Compression, Digest, File, Image, Layer, Platform, Tar};

/// A search path with stand-ins on it.
pub(super) struct StandIns {
    folder: TempDir,
}

/// What a program says to a call that begins with these words: on stdout, or on stderr when it fails.
pub(super) type Answer<'a> = (&'a str, Result<String, &'a str>);

/// The image in its default format.
pub(super) fn everywhere() -> Image {
    let tar = Tar::from_files([File::executable("/app.wasm", MODULE)]).unwrap();
    let draft =
        Image::scratch(Platform::WASI_WASM).with_layer(Layer::new(&tar, Compression::default()).unwrap());
    draft.with_entrypoint(["/app.wasm"]).build_everywhere().unwrap()
}

/// One manifest.
pub(super) fn single() -> Image {
    fixture::image(MODULE)
}

/// One manifest whose layer is the module.
pub(super) fn wasm_layer() -> Image {
    let draft = Image::scratch(Platform::WASI_WASM).with_layer(Layer::raw(MODULE.to_vec()));
    draft.with_entrypoint(["/app.wasm"]).build().unwrap()
}

/// Another image's digest.
pub(super) fn another() -> Digest {
    Digest::of(b"another")
}

pub(super) fn ok(text: impl Into<String>) -> Result<String, &'static str> {
    Ok(text.into())
}

impl StandIns {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        fs::create_dir(folder.path().join("scratch")).unwrap();
        Self { folder }
    }

    /// With one program more.
    pub(super) fn with(self, program: &str, answers: &[Answer<'_>]) -> Self {
        let path = |name: String| self.folder.path().join(name);
        let mut script = format!(
            "#!/bin/sh\nfor word; do case \"$word\" in */image.tar) test -s \"$word\" || exit 99;; esac; done\n\
             echo \"{program} $*\" | sed 's|/[^ ]*/image.tar|image.tar|' >> {}\ncase \"$*\" in\n",
            path("calls".into()).display()
        );
        for (number, (words, answer)) in answers.iter().enumerate() {
            let file = path(format!("{program}-{number}"));
            let (said, rest) = match answer {
                Ok(said) => (said.as_str(), "exit 0"),
                Err(said) => (*said, ">&2; exit 1"),
            };
            fs::write(&file, said).unwrap();
            let separator = if answer.is_ok() { ";" } else { "" };
            script += &format!("\"{words}\"*) cat {}{separator} {rest};;\n", file.display());
        }
        script += "esac\necho unexpected >&2\nexit 98\n";
        self.write(program, &script);
        self
    }

    /// Written by a child: a file that is open for writing here, while another test starts a program, could not be run.
    fn write(&self, program: &str, script: &str) {
        let path = self.folder.path().join("bin").join(program);
        let write = format!("cat > '{0}' && chmod 755 '{0}'", path.display());
        let mut child = Command::new("sh").args(["-c", &write]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    pub(super) fn open(&self, engine: &str) -> Result<Load, Error> {
        let (bin, scratch) = (self.folder.path().join("bin"), self.folder.path().join("scratch"));
        match engine {
            "auto" => Load::open_any(bin.as_os_str(), scratch),
            engine => Load::open(&engine.parse::<Engine>().unwrap(), bin.as_os_str(), scratch),
        }
    }

    /// Loads an image under the name `app`.
    pub(super) fn load(&self, engine: &str, image: &Image) -> Result<Loaded, Error> {
        let loaded = self.open(engine)?.send(image, &name("app"));
        assert!(
            fs::read_dir(self.folder.path().join("scratch")).unwrap().next().is_none(),
            "an archive is left"
        );
        loaded.map_err(|error| match error {
            crate::Error::Load(error) => *error,
            other => panic!("{other}"),
        })
    }

    /// As it would be for `run`.
    pub(super) fn containers(&self, engine: &str) -> Result<Containers, Error> {
        let (bin, scratch) = (self.folder.path().join("bin"), self.folder.path().join("scratch"));
        Containers::open(&engine.parse::<Engine>().unwrap(), bin.as_os_str(), scratch)
    }

    /// What an engine would be told to run, without the folder of the stand-ins.
    pub(super) fn told(&self, commands: &Commands) -> [String; 2] {
        let folder = format!("{}/", self.folder.path().join("bin").display());
        [&commands.run, &commands.end].map(|line| line.to_string().replace(&folder, ""))
    }

    /// What all programs were called with, in order.
    pub(super) fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.folder.path().join("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }
}
