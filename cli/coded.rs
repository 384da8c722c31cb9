//! Which code each error has: those of the command line, and those of the libraries.

use std::io::ErrorKind;

use wasmpack_packager::registry::Cause;
use wasmpack_packager::signature;
use wasmpack_packager::sinks::load;

use crate::code::Code;
use crate::error::Error;
use crate::init_error::InitError;
use crate::migrate::error::MigrateError;

impl Error {
    /// What kind of error it is.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one line for each error")]
    pub fn code(&self) -> Code {
        match self {
            Self::Build(error) => of_build(error),
            Self::Optimize { source, .. }
            | Self::Inspect { source, .. }
            | Self::Binaryen(source)
            | Self::Level(source) => of_optimizer(source),
            Self::NoWasmOpt | Self::Engine(_) => Code::NoWasmOpt,
            Self::Image(error) => of_image(error),
            Self::Signature(error) => of_signature(error),
            Self::Run { source, .. } | Self::Snapshot { source, .. } => of_run(source),
            Self::Init(error) => of_init(error),
            Self::Migrate(error) => of_migrate(error),
            Self::Merge(_) => Code::NotOneBuild,
            Self::Resolve { source, .. } => source.code(),
            Self::Key { .. } | Self::NoKeyVariable { .. } => Code::UnusableKey,
            Self::UnsignedModule { .. } => Code::NotSigned,
            Self::NoImage { .. } => Code::NoImage,
            Self::Watch { .. } => Code::Watch,
            Self::Trapped { .. } => Code::Trap,
            Self::TimedOut { .. } | Self::Stopped { .. } => Code::Limit,
            Self::Different { .. } => Code::ChangedMeaning,
            Self::Unsteady { .. } => Code::Unsteady,
            Self::InEngine { .. } => Code::EngineFailed,
            Self::OnePlaceForTwo { .. } | Self::FileAndFolder { .. } => Code::FileConflict,
            Self::RelativePlace { .. } | Self::NoPlace { .. } => Code::FilePlace,
            Self::NothingMatches { .. } | Self::FilePattern { .. } => Code::FilePattern,
            Self::OutsideProject { .. } => Code::FileOutside,
            Self::NotAFile { .. } | Self::EndlessLink { .. } => Code::NotAFile,
            Self::TooManyBytes { .. } => Code::FilesTooLarge,
            Self::NoSuchProgram { .. } | Self::SeveralPrograms { .. } => Code::WhichProgram,
            Self::NothingStarts { .. } => Code::NothingStarts,
            Self::Replaced { .. } => Code::WhichImage,
            Self::NoPath | Self::ParseDocument { .. } | Self::NoDocuments { .. } => Code::InvalidDocument,
            Self::NotReproducible { .. } => Code::NotReproducible,
            Self::NotTheSame { .. } => Code::NotTheSame,
            Self::Again { .. } => Code::CopyNotBuilt,
            Self::NotUtf8(_) => Code::NotUtf8,
            // What is not there was named wrongly; that there is something which cannot be read is no fault of a command line.
            Self::ReadFile { source, .. } | Self::PackFile { source, .. }
                if source.kind() == ErrorKind::NotFound =>
            {
                Code::NoSuchPath
            }
            Self::CurrentDir(_)
            | Self::OwnExecutable(_)
            | Self::PackFile { .. }
            | Self::ReadFile { .. }
            | Self::CompareFiles(_)
            | Self::Copy { .. }
            | Self::CopySource { .. }
            | Self::ReadInput(_) => Code::Unreadable,
            Self::WriteFile { .. } | Self::Scratch(_) | Self::WriteResult(_) => Code::Unwritable,
            Self::NotAPage { .. } => Code::WouldReplace,
            Self::ModuleToTerminal => Code::Terminal,
            Self::ModuleAndJson => Code::UnfitFlag,
            Self::OtherDebugModule { .. } => Code::OtherDebugModule,
            Self::SourceDateEpoch { .. } | Self::CacheVariable { .. } => Code::InvalidValue,
            Self::ParseConfig { .. } | Self::ConfigValue { .. } => Code::InvalidConfiguration,
            Self::UnknownKey { .. } => Code::UnknownKey,
            Self::KeyOfProjects { .. } => Code::InvalidConfiguration,
            Self::UnknownPackage { .. } => Code::UnknownPackage,
            Self::UnknownVerb { .. } | Self::UnknownTopic { .. } | Self::UnknownConsumer { .. } => {
                Code::UnknownValue
            }
            Self::CargoFlag { .. }
            | Self::TwoProjects { .. }
            | Self::NothingToWatch { .. }
            | Self::OneProgram { .. }
            | Self::FilesHidden { .. }
            | Self::NothingBefore { .. }
            | Self::NotInEngine { .. }
            | Self::NoPlatform { .. }
            | Self::NoFiles { .. }
            | Self::NoConfig { .. }
            | Self::NotMade { .. }
            | Self::SignArchive { .. }
            | Self::NotLinked { .. } => Code::UnfitFlag,
            Self::NoRegistry { .. } => Code::NoRegistry,
            // The place is meant, and what goes there is not said.
            Self::ToItself { .. } => Code::NotATarget,
            Self::NeverPushed { .. } => Code::NoName,
            Self::SeveralNames { .. } => Code::WhichImage,
            Self::NoTarget { .. } => Code::NoSuchPath,
            Self::NewerTool { .. } => Code::NewerTool,
            Self::NoName { .. } => Code::NoName,
            Self::HalfCredentials { .. }
            | Self::ReadPassword(_)
            | Self::NoPassword
            | Self::TypedForOther { .. } => Code::IncompleteCredentials,
            Self::CredentialsFile { .. } | Self::Credentials { .. } => Code::UnreadableCredentials,
            Self::NoCacheFolder => Code::NoCacheFolder,
            Self::NotATarget { .. } => Code::NotATarget,
            Self::OneNameForSeveral { .. }
            | Self::OneLayoutForTwo { .. }
            | Self::OneArchiveForSeveral { .. } => Code::NameConflict,
            Self::Print { .. } => Code::InvalidModule,
            Self::Damaged { .. } => Code::DamagedImage,
            Self::Unfit { .. } => Code::UnfitImage,
            Self::OverBudget(_) => Code::OverBudget,
            Self::Refused(_) => Code::RefusedByPolicy,
            Self::NoPolicy { .. } => Code::NoPolicy,
            Self::Install { .. } => Code::Unstartable,
            Self::ToolchainParts { .. } => Code::ToolchainMissing,
        }
    }
}

fn of_init(error: &InitError) -> Code {
    match error {
        InitError::Write { .. } => Code::Unwritable,
        InitError::NotEmpty { .. } | InitError::WouldReplace { .. } => Code::WouldReplace,
        InitError::EditManifest { .. } => Code::InvalidConfiguration,
        InitError::NotAFolder { .. }
        | InitError::NameOfDependency { .. }
        | InitError::NothingToDeploy
        | InitError::WhichToDeploy { .. }
        | InitError::NothingToDivide { .. } => Code::CannotBegin,
    }
}

fn of_migrate(error: &MigrateError) -> Code {
    match error {
        MigrateError::NoDockerfile { .. }
        | MigrateError::NotAFile { .. }
        | MigrateError::NoContext { .. } => Code::NoDockerfile,
        MigrateError::NotText { .. } => Code::NotUtf8,
        MigrateError::Read { source, .. } if source.kind() == ErrorKind::InvalidData => Code::NotUtf8,
        MigrateError::Read { .. } => Code::Unreadable,
        MigrateError::TooLarge { .. } | MigrateError::Syntax { .. } => Code::InvalidDockerfile,
        MigrateError::Windows { .. } | MigrateError::Native { .. } | MigrateError::NoModule { .. } => {
            Code::NothingToMigrate
        }
        MigrateError::Edit { .. } | MigrateError::InTheWay { .. } => Code::InvalidConfiguration,
    }
}

fn of_build(error: &wasmpack_builder::Error) -> Code {
    use wasmpack_builder::Error as Build;
    match error {
        Build::NoSuchPath { .. } => Code::NoSuchPath,
        Build::NotAProject { .. } => Code::NotATarget,
        Build::UnknownTarget { .. } | Build::UnknownSystem { .. } | Build::UnknownToolchain { .. } => {
            Code::UnknownValue
        }
        Build::Pattern { .. } => Code::InvalidValue,
        Build::UnfitTarget { .. } => Code::UnfitTarget,
        Build::NoProgram { .. } => Code::NoProgram,
        Build::NoCommand { .. } => Code::NoCommand,
        Build::WhichProgram { .. } => Code::WhichProgram,
        Build::ToolchainMissing { .. } => Code::ToolchainMissing,
        Build::UnfitToolchain { .. } | Build::Unable { .. } => Code::UnfitToolchain,
        Build::TargetMissing { .. } => Code::TargetMissing,
        Build::Metadata { .. } | Build::MetadataFormat { .. } | Build::Tree { .. } => Code::CargoMetadata,
        Build::CargoBuild { .. } => Code::CargoBuild,
        Build::Compilation { lack: Some(_), .. }
        | Build::Linking { lack: Some(_), .. }
        | Build::OwnCommand { lack: Some(_), .. }
        | Build::BuildSystem { lack: Some(_), .. } => Code::NotInWasi,
        Build::Compilation { .. } => Code::Compilation,
        Build::Linking { .. } => Code::Linking,
        Build::OwnCommand { .. } | Build::BuildSystem { .. } => Code::BuildSystem,
        Build::NothingBuilt { .. } => Code::NothingBuilt,
        Build::SeveralMains { .. } | Build::NoMain { .. } => Code::WhichMain,
        Build::Text { .. } | Build::Object { .. } => Code::InvalidModule,
        Build::NotWasm { .. } => Code::NotWasm,
        Build::Run { .. } => Code::Unstartable,
        Build::Read { .. } => Code::Unreadable,
        Build::Write { .. } => Code::Unwritable,
        _ => Code::Unexpected,
    }
}

fn of_optimizer(error: &wasmpack_optimizer::Error) -> Code {
    use wasmpack_optimizer::Error as Optimizer;
    match error {
        Optimizer::NotWasm => Code::NotWasm,
        Optimizer::UnknownRoot { .. } => Code::UnknownRoot,
        Optimizer::UnknownLevel { .. } | Optimizer::UnknownCapability { .. } => Code::UnknownValue,
        Optimizer::Component
        | Optimizer::Truncated { .. }
        | Optimizer::Interface { .. }
        | Optimizer::Invalid { .. }
        | Optimizer::NeverStarts { .. }
        | Optimizer::Reading { .. } => Code::InvalidModule,
        _ => Code::Unexpected,
    }
}

fn of_run(error: &wasmpack_runner::Error) -> Code {
    use wasmpack_runner::Error as Run;
    match error {
        Run::ParseDirectory { .. } => Code::InvalidValue,
        Run::OpenDirectory { source, .. } if is_not_there(&**source) => Code::NoSuchPath,
        Run::OpenDirectory { .. } => Code::Unreadable,
        Run::Endless => Code::UnfitFlag,
        Run::NoFunction { .. } => Code::NoFunction,
        Run::Arguments { .. } => Code::WrongArguments,
        Run::MemoryLimit { .. } | Run::ModuleLimit { .. } | Run::CompileTime { .. } => Code::Limit,
        Run::InitializerCalls { .. }
        | Run::InitializerTwice { .. }
        | Run::Initializer { .. }
        | Run::NoSnapshot { .. } => Code::Snapshot,
        Run::NotWasm { .. } => Code::NotWasm,
        Run::InvalidModule { .. } => Code::InvalidModule,
        Run::NoEntry { .. } | Run::Reactor | Run::NoStart => Code::NoEntry,
        Run::UnknownImports { .. } | Run::ImportType { .. } => Code::UnknownImport,
        Run::Listen { .. } => Code::Listen,
        Run::Instantiate { .. } | Run::Engine { .. } | Run::Thread { .. } => Code::Unexpected,
    }
}

fn is_not_there(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::NotFound)
}

fn of_signature(error: &signature::Error) -> Code {
    match error {
        signature::Error::Sign { .. } => Code::Unsignable,
        signature::Error::NotSigned { .. } => Code::NotSigned,
        _ => Code::InvalidSignature,
    }
}

fn of_image(error: &wasmpack_packager::Error) -> Code {
    use wasmpack_packager::Error as Image;
    match error {
        Image::ParseReference { .. } | Image::ParseDigest { .. } => Code::InvalidReference,
        Image::UnknownCompression { .. } | Image::UnknownFormat { .. } | Image::Platform { .. } => {
            Code::UnknownValue
        }
        Image::ParseWord { .. } | Image::MakeImage { .. } => Code::InvalidValue,
        Image::FilePath { .. } => Code::FilePlace,
        Image::FileChanged { .. } => Code::FileChanged,
        Image::Write { .. } | Image::Destination { .. } | Image::WriteLayer { .. } => Code::Unwritable,
        Image::NotForDocker { .. } => Code::UnfitFlag,
        Image::Load(error) => of_engine(error),
        Image::OtherDigest { .. } => Code::OtherDigest,
        Image::Read { .. } => Code::Unreadable,
        Image::NotAnImage { .. } => Code::NotAnImage,
        Image::OpenImage { .. } | Image::Damaged { .. } | Image::DamagedArchive { .. } => Code::DamagedImage,
        Image::SeveralImages { .. } | Image::NoSuchImage { .. } => Code::WhichImage,
        Image::NoEntrypoint { .. } | Image::NoModule { .. } => Code::NoModule,
        Image::Registry(failure) => of_registry(failure.cause()),
        _ => Code::Unexpected,
    }
}

fn of_registry(cause: &Cause) -> Code {
    match cause {
        Cause::Unreachable { .. } | Cause::Proxy { .. } => Code::RegistryUnreachable,
        Cause::Certificate { .. } => Code::RegistryCertificate,
        Cause::Unauthorized { .. } | Cause::Refused { status: 401, .. } => Code::RegistryLogin,
        Cause::Refused { status: 403, .. } => Code::RegistryDenied,
        Cause::Refused { status: 404, .. } => Code::RegistryNotFound,
        Cause::Refused { .. } | Cause::Unlisted { .. } => Code::RegistryRefused,
        Cause::Strange { .. } => Code::NotARegistry,
        Cause::Unsafe { .. } => Code::RegistryUnsafe,
        Cause::Content { .. } => Code::RegistryContent,
        Cause::Busy { .. } => Code::RegistryBusy,
        Cause::Contended { .. } => Code::RegistryContended,
        Cause::Local { .. } => Code::Unreadable,
        _ => Code::Unexpected,
    }
}

fn of_engine(error: &load::Error) -> Code {
    use load::Error as Load;
    match error {
        Load::Unknown { .. } => Code::UnknownValue,
        Load::NoContainers { .. } => Code::UnfitFlag,
        Load::Missing { .. }
        | Load::NoneAnswers { .. }
        | Load::NoAnswer { .. }
        | Load::Unreadable { .. }
        | Load::PodmanInDisguise
        | Load::NoCluster { .. } => Code::EngineMissing,
        Load::TooOld { .. } => Code::EngineTooOld,
        Load::NoRuntime { .. } => Code::NoRuntime,
        Load::Unfit { .. } | Load::Unable { .. } => Code::UnfitImage,
        Load::Failed { .. } | Load::NotThere { .. } => Code::EngineFailed,
        Load::Scratch { .. } => Code::Unwritable,
        _ => Code::Unexpected,
    }
}
