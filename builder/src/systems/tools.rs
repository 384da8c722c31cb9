//! What a build system is told of our compiler.

use camino::Utf8PathBuf;

use crate::compiler::Compiler;
use crate::{Error, FileState, Language, c, words};

use super::Job;

/// A C and a C++ compiler that make modules of whatever they are given, with all flags they need.
pub(super) struct Tools {
    pub(super) compiler: Compiler,
    /// What is given the compiler's command line.
    pub(super) launcher: Option<String>,
    /// For both, whether they compile or link.
    pub(super) flags: Vec<String>,
    /// What makes it a C compiler or a C++ compiler, and what only that one is told.
    pub(super) c_flags: Vec<String>,
    pub(super) cpp_flags: Vec<String>,
    /// For whoever can tell linking from compiling.
    pub(super) link_flags: Vec<String>,
    /// What compilers take for the time of day.
    epoch: String,
    /// What goes into every program, and may change while all these words stay as they are.
    files: Vec<Utf8PathBuf>,
}

impl Tools {
    /// The compiler that is chosen, with the configuration's flags. C++ may be missing: most sources have none. Nothing
    /// says where the folder to build in is; there it is called `out`.
    pub(super) fn find(job: &Job<'_>, out: &str) -> Result<Self, Error> {
        let settings = &job.settings.c;
        let find = |language| Compiler::find(job.machine, &settings.toolchain, language);
        let compiler = find(Language::Cpp).or_else(|_| find(Language::C))?;
        // Which of the two the sources are in, only the build system knows.
        let check = |language| c::exceptions::check(&compiler, language, job.settings);
        check(Language::Cpp).or_else(|_| check(Language::C))?;
        let own = |language| {
            let stds =
                settings.std.iter().filter(move |std| std.contains("++") == (language == Language::Cpp));
            let exceptions = c::exceptions::compile_flags(&compiler, language, job.settings);
            exceptions.into_iter().chain(stds.map(|std| format!("-std={std}")))
        };
        let c_flags = compiler.c.iter().cloned().chain(own(Language::C)).collect();
        let cpp_flags = [&compiler.cpp[..], &compiler.compile_cpp[..]].concat();
        let cpp_flags = cpp_flags.into_iter().chain(own(Language::Cpp)).collect();
        let mut flags = compiler.compile.clone();
        flags.extend(c::project_flags(job.dir, job.settings));
        // The more special one comes last, and wins.
        flags.push(format!("-ffile-prefix-map={}={out}", job.out));
        let libraries = libraries(job);
        let mut link_flags = compiler.link.clone();
        link_flags.extend(c::link_flags(&compiler, job.settings));
        let files = libraries.iter().map(Utf8PathBuf::from).filter(|path| path.is_absolute());
        let files = compiler.parts.iter().cloned().chain(files).collect();
        link_flags.extend(libraries);
        let stack_guard = c::stack_guard::object(&compiler, &job.project.target_directory);
        link_flags.extend(stack_guard.map(Utf8PathBuf::into_string));
        Ok(Self {
            launcher: settings.launcher.clone(),
            epoch: job.machine.source_date_epoch.clone(),
            compiler,
            flags,
            c_flags,
            cpp_flags,
            link_flags,
            files,
        })
    }

    /// All that what is built depends on, besides the sources.
    pub(super) fn state(&self, job: &Job<'_>) -> String {
        format!("{:?} {:?} {}", self.variables(), job.settings.system.arguments, self.files_state())
    }

    /// The part of it that nobody sees who is told of the tools.
    pub(super) fn files_state(&self) -> String {
        let files: Vec<_> = self.files.iter().map(|path| (path, FileState::of(path).ok())).collect();
        format!("{files:?} {}", self.epoch)
    }

    /// Both compilers as makefiles want them: one line each, to compile and to link with. The last flags a makefile
    /// gives win over these.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        self.lines(|words| words::quoted(words))
    }

    /// The same for scripts, which take `$CC` apart at its spaces, whatever quotes it has. So they are not told of flags
    /// with a space: what they make has longer paths in it, at worst.
    pub(super) fn variables_for_scripts(&self) -> Vec<(&'static str, String)> {
        self.lines(|words| {
            let is_whole = |word: &&str| !(word.starts_with('-') && word.contains(char::is_whitespace));
            words.iter().copied().filter(is_whole).collect::<Vec<_>>().join(" ")
        })
    }

    fn lines(&self, join: impl Fn(&[&str]) -> String) -> Vec<(&'static str, String)> {
        let line = |parts: &[&[String]]| {
            let program = self.launcher.as_deref().into_iter().chain([self.compiler.program.as_str()]);
            let flags = parts.iter().copied().flatten().map(String::as_str);
            join(&program.chain(flags).chain(["-Wno-unused-command-line-argument"]).collect::<Vec<_>>())
        };
        let cc = line(&[&self.c_flags, &self.flags, &self.link_flags]);
        let cxx = line(&[&self.cpp_flags, &self.flags, &self.link_flags]);
        let mut variables = vec![("CC", cc), ("CXX", cxx)];
        if let Some(archiver) = &self.compiler.archiver {
            let archiver = join(&archiver.iter().map(String::as_str).collect::<Vec<_>>());
            // An index can also be made with the archiver itself.
            variables.extend([("RANLIB", format!("{archiver} s")), ("AR", archiver)]);
        }
        // For what is built to be run while building.
        variables.push(("CC_FOR_BUILD", "cc".to_owned()));
        variables
    }
}

/// What else is linked. Files of the project are named so that they are found from any folder.
fn libraries(job: &Job<'_>) -> Vec<String> {
    let absolute = |word: String| {
        let file = Some(job.dir.join(&word)).filter(|file| file.is_file());
        file.map_or(word, Utf8PathBuf::into_string)
    };
    c::libraries(&job.settings.c.link).into_iter().map(absolute).collect()
}
