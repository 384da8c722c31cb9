//! What a build system is told of our compiler.

use crate::c;
use crate::compiler::Compiler;
use crate::{Error, Language};

use super::Job;

/// A C and a C++ compiler that make modules of whatever they are given, with all flags they need.
pub(super) struct Tools {
    pub(super) compiler: Compiler,
    /// For both, whether they compile or link.
    pub(super) flags: Vec<String>,
    /// What makes it a C compiler or a C++ compiler, and what only that one is told.
    pub(super) c_flags: Vec<String>,
    pub(super) cpp_flags: Vec<String>,
    /// For whoever can tell linking from compiling.
    pub(super) link_flags: Vec<String>,
}

impl Tools {
    /// The compiler that is chosen, with the configuration's flags. C++ may be missing: most sources have none.
    pub(super) fn find(job: &Job<'_>) -> Result<Self, Error> {
        let find = |language| Compiler::find(job.machine, &job.settings.c.toolchain, language);
        let compiler = find(Language::Cpp).or_else(|_| find(Language::C))?;
        // Which of the two the sources are in, only the build system knows.
        let check = |language| c::exceptions::check(&compiler, language, job.settings);
        check(Language::Cpp).or_else(|_| check(Language::C))?;
        let exceptions = |language| c::exceptions::compile_flags(&compiler, language, job.settings);
        let mut c_flags = compiler.c.clone();
        c_flags.extend(exceptions(Language::C));
        let mut flags = compiler.compile.clone();
        flags.extend(c::project_flags(job.dir, job.settings));
        let mut cpp_flags = [&compiler.cpp[..], &compiler.compile_cpp[..]].concat();
        cpp_flags.extend(exceptions(Language::Cpp));
        let mut link_flags = compiler.link.clone();
        link_flags.extend(c::link_flags(&compiler, job.settings));
        link_flags.extend(c::libraries(&job.settings.c.link));
        Ok(Self { compiler, flags, c_flags, cpp_flags, link_flags })
    }

    /// Both compilers as makefiles want them: one line each, to compile and to link with. The last flags a makefile
    /// gives win over these.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        let line = |parts: &[&[String]]| {
            let program = [self.compiler.program.to_string()];
            let quiet = ["-Wno-unused-command-line-argument".to_owned()];
            let words: Vec<&str> = std::iter::once(&program[..])
                .chain(parts.iter().copied())
                .chain([&quiet[..]])
                .flatten()
                .map(String::as_str)
                .collect();
            words.join(" ")
        };
        let cc = line(&[&self.c_flags, &self.flags, &self.link_flags]);
        let cxx = line(&[&self.cpp_flags, &self.flags, &self.link_flags]);
        let mut variables = vec![("CC", cc), ("CXX", cxx)];
        if let Some(archiver) = &self.compiler.archiver {
            variables.push(("AR", archiver.join(" ")));
            // An index can also be made with the archiver itself.
            variables.push(("RANLIB", format!("{} s", archiver.join(" "))));
        }
        // For what is built to be run while building.
        variables.push(("CC_FOR_BUILD", "cc".to_owned()));
        variables
    }
}
