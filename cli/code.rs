//! The only table of error codes: what each kind of error is called, where its page is and how the command ends.

use clap::ValueEnum;

use crate::exit_code::ExitCode;

/// Where the manual of the newest release is.
pub const MANUAL: &str = "https://cargo-wasmpack.github.io/cargo-wasmpack";

/// What kind of error ended a command. Its word is part of the error's first line, and the name of its page in the
/// manual; words are never given to another kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Code {
    /// A word is none of those that may stand there
    UnknownValue,
    /// A value is not of the form it has to have
    InvalidValue,
    /// A flag is not for what it was given with
    UnfitFlag,
    /// The name of an image is not of the form it has to have
    InvalidReference,
    /// A path or name is not UTF-8
    NotUtf8,
    /// The configuration cannot be read
    InvalidConfiguration,
    /// The configuration is for a newer version
    NewerTool,
    /// The configuration has a key that nobody knows
    UnknownKey,
    /// There is nothing at the path
    NoSuchPath,
    /// What the path names is neither a project, an image nor a module
    NotATarget,
    /// Something else stands where an image should
    NotAnImage,
    /// There are several images, or none of this name
    WhichImage,
    /// There are several programs, or none of this name
    WhichProgram,
    /// The package has no program
    NoProgram,
    /// There is no such package
    UnknownPackage,
    /// Every program is to go into the image of another one
    NothingStarts,
    /// Several images would have one name or one place
    NameConflict,
    /// Two files would have one place in the image
    FileConflict,
    /// A file has no place in the image
    FilePlace,
    /// No file is what a pattern asks for
    FilePattern,
    /// A file is outside of the project
    FileOutside,
    /// Something that is no file is to go into the image
    NotAFile,
    /// The files of an image are too large
    FilesTooLarge,
    /// A file was changed while it was packed
    FileChanged,
    /// Documents for `resolve` cannot be read
    InvalidDocument,
    /// Parts of a build do not make one whole
    NotOneBuild,
    /// The project says nothing of how it is built
    NoCommand,
    /// What is built cannot be built for this target
    UnfitTarget,
    /// There is nothing to check capabilities against
    NoPolicy,
    /// A key cannot be used
    UnusableKey,
    /// What is to be signed has no place for a signature
    Unsignable,
    /// The reference names no registry
    NoRegistry,
    /// The image has no name
    NoName,
    /// The bytes of a module would go to a terminal
    Terminal,
    /// Files would be replaced
    WouldReplace,
    /// A project cannot begin here
    CannotBegin,
    /// There is no Dockerfile at the path
    NoDockerfile,
    /// A Dockerfile cannot be read
    InvalidDockerfile,
    /// Nothing in the Dockerfile is WebAssembly
    NothingToMigrate,
    /// The program exports no such function
    NoFunction,
    /// The arguments are not those of the function
    WrongArguments,

    /// A file or folder cannot be read
    Unreadable,
    /// A file, folder or stream cannot be written
    Unwritable,
    /// There is no folder for what is kept
    NoCacheFolder,
    /// Another program cannot be started
    Unstartable,
    /// Changes cannot be watched
    Watch,
    /// The address cannot be listened on
    Listen,
    /// A program does something else each time
    Unsteady,
    /// The debug module is of another build
    OtherDebugModule,
    /// The copy of a project cannot be built
    CopyNotBuilt,
    /// An engine did not do what it was asked
    EngineFailed,
    /// Something that should not happen
    Unexpected,

    /// The sources do not compile
    Compilation,
    /// The objects do not link
    Linking,
    /// Another build system failed
    BuildSystem,
    /// Cargo did not build the package
    CargoBuild,
    /// The sources use what WASI has not
    NotInWasi,
    /// A build system left no module
    NothingBuilt,
    /// No source, or more than one, defines `main`
    WhichMain,
    /// Cargo refused the manifest
    CargoMetadata,
    /// A part of a toolchain is missing
    ToolchainMissing,
    /// Rust has no standard library for the target
    TargetMissing,
    /// The toolchain that was chosen cannot do it
    UnfitToolchain,
    /// There is no `wasm-opt` that can be used
    NoWasmOpt,

    /// The bytes are no WebAssembly
    NotWasm,
    /// The module is damaged, invalid or uses what is not supported
    InvalidModule,
    /// There is no export of this name
    UnknownRoot,
    /// The program does something else after optimization
    ChangedMeaning,
    /// A snapshot cannot be made
    Snapshot,
    /// Nothing in the program starts
    NoEntry,
    /// The program asks for what this host does not offer
    UnknownImport,
    /// An image is damaged or incomplete
    DamagedImage,
    /// There is no image
    NoImage,
    /// The image has no module
    NoModule,
    /// The image is not the one whose digest was given
    OtherDigest,

    /// A program asks for more than its policy allows
    RefusedByPolicy,
    /// An image is larger than its budget
    OverBudget,
    /// The second build is not the same
    NotReproducible,
    /// Two images are not the same
    NotTheSame,
    /// The image is not signed by this key
    NotSigned,
    /// A signature is not right
    InvalidSignature,
    /// A consumer does not take the image
    UnfitImage,
    /// No engine answers
    EngineMissing,
    /// The engine is too old
    EngineTooOld,
    /// The engine has nothing that runs WebAssembly
    NoRuntime,

    /// Half of the credentials are missing
    IncompleteCredentials,
    /// Credentials that were stored cannot be read
    UnreadableCredentials,
    /// The registry does not know who asks
    RegistryLogin,
    /// The registry does not allow it
    RegistryDenied,
    /// The registry has no such image or repository
    RegistryNotFound,
    /// The registry refuses what it was asked
    RegistryRefused,
    /// The registry cannot be reached
    RegistryUnreachable,
    /// The registry's certificate is refused
    RegistryCertificate,
    /// What answers is no registry
    NotARegistry,
    /// The registry asks to be left alone
    RegistryBusy,
    /// The registry sends us where we do not go
    RegistryUnsafe,
    /// What the registry sent is not what was asked for
    RegistryContent,
    /// Others write the same at the same time
    RegistryContended,

    /// The program trapped
    Trap,
    /// The program was stopped at a limit
    Limit,
}

impl Code {
    /// As it stands in the error, in kebab case.
    #[must_use]
    pub fn word(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// The page of the manual that is about it.
    #[must_use]
    pub fn page(self) -> String {
        format!("{MANUAL}/errors/{}.html", self.word())
    }

    /// The number scripts see.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one line for each code")]
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::UnknownValue
            | Self::InvalidValue
            | Self::UnfitFlag
            | Self::InvalidReference
            | Self::NotUtf8
            | Self::InvalidConfiguration
            | Self::NewerTool
            | Self::UnknownKey
            | Self::NoSuchPath
            | Self::NotATarget
            | Self::NotAnImage
            | Self::WhichImage
            | Self::WhichProgram
            | Self::NoProgram
            | Self::UnknownPackage
            | Self::NothingStarts
            | Self::NameConflict
            | Self::FileConflict
            | Self::FilePlace
            | Self::FilePattern
            | Self::FileOutside
            | Self::NotAFile
            | Self::FilesTooLarge
            | Self::InvalidDocument
            | Self::NotOneBuild
            | Self::NoCommand
            | Self::UnfitTarget
            | Self::NoPolicy
            | Self::UnusableKey
            | Self::NoRegistry
            | Self::NoName
            | Self::Terminal
            | Self::WouldReplace
            | Self::CannotBegin
            | Self::NoDockerfile
            | Self::InvalidDockerfile
            | Self::NothingToMigrate
            | Self::NoFunction
            | Self::WrongArguments => ExitCode::Usage,
            Self::Unreadable
            | Self::Unwritable
            | Self::FileChanged
            | Self::NoCacheFolder
            | Self::Unstartable
            | Self::Watch
            | Self::Listen
            | Self::Unsteady
            | Self::OtherDebugModule
            | Self::CopyNotBuilt
            | Self::EngineFailed
            | Self::Unexpected => ExitCode::Failure,
            Self::Compilation
            | Self::Linking
            | Self::BuildSystem
            | Self::CargoBuild
            | Self::NotInWasi
            | Self::NothingBuilt
            | Self::WhichMain => ExitCode::Compilation,
            Self::CargoMetadata => ExitCode::Metadata,
            Self::ToolchainMissing | Self::TargetMissing | Self::UnfitToolchain | Self::NoWasmOpt => {
                ExitCode::ToolchainMissing
            }
            Self::NotWasm
            | Self::InvalidModule
            | Self::UnknownRoot
            | Self::ChangedMeaning
            | Self::Snapshot
            | Self::NoEntry
            | Self::UnknownImport => ExitCode::Optimize,
            Self::DamagedImage | Self::NoImage | Self::NoModule | Self::OtherDigest | Self::Unsignable => {
                ExitCode::InvalidImage
            }
            Self::RefusedByPolicy => ExitCode::Policy,
            Self::OverBudget => ExitCode::Budget,
            Self::NotReproducible | Self::NotTheSame => ExitCode::NotReproducible,
            Self::NotSigned | Self::InvalidSignature => ExitCode::Signature,
            Self::UnfitImage => ExitCode::Unfit,
            Self::EngineMissing | Self::EngineTooOld | Self::NoRuntime => ExitCode::EngineMissing,
            Self::IncompleteCredentials
            | Self::UnreadableCredentials
            | Self::RegistryLogin
            | Self::RegistryDenied => ExitCode::RegistryAuthentication,
            Self::RegistryNotFound
            | Self::RegistryRefused
            | Self::RegistryUnreachable
            | Self::RegistryCertificate
            | Self::NotARegistry
            | Self::RegistryBusy
            | Self::RegistryUnsafe
            | Self::RegistryContent
            | Self::RegistryContended => ExitCode::Registry,
            Self::Trap => ExitCode::Trap,
            Self::Limit => ExitCode::Timeout,
        }
    }
}
