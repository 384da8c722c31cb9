//! What the tasks need of the machine: how it is recognised, and what it is called elsewhere.

use std::path::Path;

use crate::packages::Manager;
use crate::plain;
use crate::setup::For;

/// One thing that is needed.
pub(crate) struct Need {
    /// What it is for, as a person would say.
    pub(crate) purpose: &'static str,
    /// The first task that needs it.
    pub(crate) needed: For,
    present: Present,
    /// Packages of apt; none where they depend on what there is.
    pub(crate) apt: &'static [&'static str],
    dnf: &'static [&'static str],
    pacman: &'static [&'static str],
    brew: &'static [&'static str],
}

/// How one sees that it is there. A program counts from wherever it came: who has Docker has a containerd that apt
/// knows nothing of.
enum Present {
    /// One of these programs is on the search path.
    Program(&'static [&'static str]),
    /// One of these files exists.
    File(&'static [&'static str]),
    /// A C and C++ compiler that makes modules, with all its parts.
    Toolchain,
}

/// The OCI image specification's JSON schemas.
const SCHEMAS: &str = "/usr/share/gocode/src/github.com/opencontainers/image-spec/schema/defs.json";

/// Chromium's names; the tests look for the same ones.
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// Everything, in the order it is used.
pub(crate) const NEEDS: &[Need] = &[
    Need {
        purpose: "a C++ compiler, for Binaryen",
        needed: For::Demo,
        present: Present::Program(&["c++", "g++", "clang++"]),
        apt: &["g++"],
        dnf: &["gcc-c++"],
        pacman: &["gcc"],
        brew: &["llvm"],
    },
    Need {
        purpose: "C and C++ for WebAssembly",
        needed: For::Demo,
        present: Present::Toolchain,
        apt: &[],
        dnf: &["zig"],
        pacman: &["clang", "lld", "wasi-libc", "wasi-compiler-rt", "wasi-libc++", "wasi-libc++abi"],
        brew: &["llvm", "lld", "wasi-libc", "wasi-runtimes"],
    },
    Need::for_tests("skopeo, which reads images", Present::Program(&["skopeo"]), &["skopeo"]),
    Need::for_tests("umoci, which reads images", Present::Program(&["umoci"]), &["umoci"]),
    Need::for_tests("podman, which reads images", Present::Program(&["podman"]), &["podman"]),
    Need::for_tests("containerd, which runs images", Present::Program(&["containerd"]), &["containerd"]),
    Need {
        purpose: "a registry, to push to",
        needed: For::Tests,
        present: Present::Program(&["docker-registry"]),
        apt: &["docker-registry"],
        dnf: &[],
        pacman: &[],
        brew: &[],
    },
    Need {
        purpose: "protoc, for what speaks to containerd as Kubernetes does",
        needed: For::Tests,
        present: Present::Program(&["protoc"]),
        apt: &["protobuf-compiler"],
        dnf: &["protobuf-compiler"],
        pacman: &["protobuf"],
        brew: &["protobuf"],
    },
    Need::for_tests("openssl, which makes certificates", Present::Program(&["openssl"]), &["openssl"]),
    Need::for_tests(
        "jq, which reads documents in the manual and in jobs of forges",
        Present::Program(&["jq"]),
        &["jq"],
    ),
    Need::for_tests("curl, which the manual asks services with", Present::Program(&["curl"]), &["curl"]),
    Need::for_tests("Node, a second runtime", Present::Program(&["node"]), &["nodejs"]),
    Need::for_tests("Chromium, which shows pages", Present::Program(BROWSERS), &["chromium"]),
    Need::for_tests("make, which builds sources", Present::Program(&["make", "gmake"]), &["make"]),
    Need::for_tests("CMake, which builds sources", Present::Program(&["cmake"]), &["cmake"]),
    Need {
        purpose: "faketime, which shows another time",
        needed: For::Tests,
        present: Present::Program(&["faketime"]),
        apt: &["faketime"],
        dnf: &["libfaketime"],
        pacman: &["libfaketime"],
        brew: &["libfaketime"],
    },
    Need {
        purpose: "strace, which makes calls of the system fail",
        needed: For::Tests,
        present: Present::Program(&["strace"]),
        apt: &["strace"],
        dnf: &["strace"],
        pacman: &["strace"],
        brew: &[],
    },
    Need {
        purpose: "a Redis server, where machines share what they have compiled",
        needed: For::Tests,
        present: Present::Program(&["redis-server"]),
        apt: &["redis-server"],
        dnf: &["redis"],
        pacman: &["redis"],
        brew: &["redis"],
    },
    Need {
        purpose: "valgrind, which counts instructions",
        needed: For::Tests,
        present: Present::Program(&["valgrind"]),
        apt: &["valgrind"],
        dnf: &["valgrind"],
        pacman: &["valgrind"],
        brew: &[],
    },
    Need {
        purpose: "disorderfs, which shows folders in another order",
        needed: For::Tests,
        present: Present::Program(&["disorderfs"]),
        apt: &["disorderfs"],
        dnf: &["disorderfs"],
        pacman: &["disorderfs"],
        brew: &[],
    },
    Need {
        purpose: "pip, which brings readers of bills of materials",
        needed: For::Tests,
        present: Present::Program(&["pip3", "pip"]),
        apt: &["python3-pip"],
        dnf: &["python3-pip"],
        pacman: &["python-pip"],
        brew: &["python"],
    },
    Need {
        purpose: "npm, which brings a verifier of signatures",
        needed: For::Tests,
        present: Present::Program(&["npm"]),
        apt: &["npm"],
        dnf: &["npm"],
        pacman: &["npm"],
        brew: &["node"],
    },
    Need::for_tests("curl, which asks forges", Present::Program(&["curl"]), &["curl"]),
    Need::for_tests("openssl, which verifies signatures", Present::Program(&["openssl"]), &["openssl"]),
    Need {
        purpose: "the JSON schemas of OCI images",
        needed: For::Tests,
        present: Present::File(&[SCHEMAS]),
        apt: &["golang-github-opencontainers-image-spec-dev"],
        dnf: &[],
        pacman: &[],
        brew: &[],
    },
    Need {
        purpose: "buildah, which packs as well",
        needed: For::Figures,
        present: Present::Program(&["buildah"]),
        apt: &["buildah"],
        dnf: &["buildah"],
        pacman: &["buildah"],
        brew: &[],
    },
    Need {
        purpose: "wasm-opt, which optimizes as well",
        needed: For::Figures,
        present: Present::Program(&["wasm-opt"]),
        apt: &["binaryen"],
        dnf: &["binaryen"],
        pacman: &["binaryen"],
        brew: &["binaryen"],
    },
    Need {
        purpose: "wrk, which asks services",
        needed: For::Figures,
        present: Present::Program(&["wrk"]),
        apt: &["wrk"],
        dnf: &["wrk"],
        pacman: &["wrk"],
        brew: &["wrk"],
    },
    Need {
        purpose: "runc, which starts containers of this machine",
        needed: For::Figures,
        present: Present::Program(&["runc"]),
        apt: &["runc"],
        dnf: &["runc"],
        pacman: &["runc"],
        brew: &[],
    },
];

impl Need {
    /// A program that only tests use and that has one name everywhere.
    const fn for_tests(purpose: &'static str, present: Present, packages: &'static [&'static str]) -> Self {
        let (apt, dnf, pacman, brew) = (packages, packages, packages, packages);
        Self { purpose, needed: For::Tests, present, apt, dnf, pacman, brew }
    }

    pub(crate) fn is_missing(&self) -> bool {
        match self.present {
            Present::Program(names) => !names.iter().any(|name| which::which(name).is_ok()),
            Present::File(paths) => !paths.iter().any(|path| Path::new(path).exists()),
            Present::Toolchain => plain::find().is_none(),
        }
    }

    /// What it is called by another manager than apt; nothing if it does not have it.
    pub(crate) fn packages(&self, manager: Manager) -> &'static [&'static str] {
        match manager {
            Manager::Apt => self.apt,
            Manager::Dnf => self.dnf,
            Manager::Pacman => self.pacman,
            Manager::Brew => self.brew,
        }
    }
}
