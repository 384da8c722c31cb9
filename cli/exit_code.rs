//! The only table of exit codes, and which one each error has.

use wasmpack_packager::sinks::load;

use crate::error::Error;
use crate::init_error::InitError;

/// How a command ended, as the number scripts and CI jobs see. `run` is the exception: it gives the
/// guest's own code.
///
/// Compilation and metadata failures share cargo's and nextest's numbers, so that a wrapper that knows
/// those needs to learn nothing. Numbers are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Everything asked for was done.
    Success = 0,
    /// A file could not be read or written, or something else outside our hands failed.
    Failure = 1,
    /// The command line, the configuration or the folder given cannot be understood.
    Usage = 2,
    /// The compiler refused the sources; its diagnostics have been shown.
    Compilation = 101,
    /// `cargo metadata` refused the manifest; its diagnostics have been shown.
    Metadata = 102,
    /// A compiler, target or library is not on this machine.
    ToolchainMissing = 110,
    /// The module cannot be optimized or run: it is none, or invalid. Or it was, and does not do what it did.
    Optimize = 111,
    /// The image or layout is damaged, or of a kind that is not read.
    InvalidImage = 112,
    /// A program asks its host for more than its policy allows. The image has been written, and goes no further.
    Policy = 113,
    /// An image is larger than its budget, or has grown by more. It has been written.
    Budget = 114,
    /// A registry does not know who asks, or does not allow it.
    RegistryAuthentication = 115,
    /// A registry cannot be reached, or did not do it.
    Registry = 116,
    /// What was built or written a second time is not the same. `inspect --diff`: the two are not the same.
    NotReproducible = 117,
    /// The image is not signed by the key that was given, or its signature is not right.
    Signature = 118,
    /// No Docker, podman or the like that an image could be loaded into is here and answers, or none that runs WebAssembly.
    EngineMissing = 119,
    /// A consumer does not take the image.
    Unfit = 120,
    /// Ctrl-C.
    Interrupted = 130,
    /// The guest did not finish in the time it was given, or was stopped at another limit.
    Timeout = 124,
    /// The guest trapped.
    Trap = 134,
    /// `SIGTERM`, by which those stop a service who stop containers.
    Terminated = 143,
}

impl From<ExitCode> for u8 {
    fn from(code: ExitCode) -> Self {
        code as Self
    }
}

impl Error {
    /// The number scripts see.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one line for each error")]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Build(error) => build_exit_code(error),
            Self::Init(InitError::Write { .. }) => ExitCode::Failure,
            Self::ToolchainParts { .. } => ExitCode::ToolchainMissing,
            Self::Optimize { .. } | Self::Inspect { .. } | Self::Different { .. } => ExitCode::Optimize,
            Self::Image(error) => image_exit_code(error),
            // Nothing was signed by anybody.
            Self::Signature(wasmpack_packager::signature::Error::Sign { .. }) => ExitCode::InvalidImage,
            Self::Signature(_) | Self::UnsignedModule { .. } => ExitCode::Signature,
            Self::Run { source, .. } | Self::Snapshot { source, .. } => run_exit_code(source),
            Self::Refused(_) => ExitCode::Policy,
            Self::OverBudget(_) => ExitCode::Budget,
            Self::NotReproducible { .. } | Self::NotTheSame { .. } => ExitCode::NotReproducible,
            Self::Resolve { source, .. } => source.exit_code(),
            Self::Unfit { .. } => ExitCode::Unfit,
            Self::Damaged { .. } | Self::NothingToCheck | Self::NoImage { .. } => ExitCode::InvalidImage,
            Self::SourceDateEpoch { .. }
            | Self::ParseConfig { .. }
            | Self::ConfigValue { .. }
            | Self::CargoFlag { .. }
            | Self::TwoProjects { .. }
            | Self::UnknownKey { .. }
            | Self::UnknownVerb { .. }
            | Self::UnknownPackage { .. }
            | Self::UnknownConsumer { .. }
            | Self::NoPolicy { .. }
            | Self::Level(_)
            | Self::ModuleToTerminal
            | Self::NotAPage { .. }
            | Self::NotATarget { .. }
            | Self::NothingToWatch { .. }
            | Self::NoRegistry { .. }
            | Self::NeverPushed { .. }
            | Self::NewerTool { .. }
            | Self::NoName { .. }
            | Self::NotLinked { .. }
            | Self::Key { .. }
            | Self::NoKeyVariable { .. }
            | Self::SignArchive { .. }
            | Self::OnePlaceForTwo { .. }
            | Self::FileAndFolder { .. }
            | Self::RelativePlace { .. }
            | Self::NoPlace { .. }
            | Self::NothingMatches { .. }
            | Self::FilePattern { .. }
            | Self::OutsideProject { .. }
            | Self::NotAFile { .. }
            | Self::EndlessLink { .. }
            | Self::TooManyBytes { .. }
            | Self::NoSuchProgram { .. }
            | Self::NothingStarts { .. }
            | Self::NoPath
            | Self::Init(_)
            | Self::OneProgram { .. }
            | Self::ParseDocument { .. }
            | Self::NoDocuments { .. }
            | Self::NothingBefore { .. }
            | Self::NotInEngine { .. }
            | Self::SeveralPrograms { .. }
            | Self::OneArchiveForSeveral { .. }
            | Self::NoPlatform { .. }
            | Self::NoFiles { .. }
            | Self::NoConfig { .. }
            | Self::OneLayoutForTwo { .. }
            | Self::NotMade { .. }
            | Self::OneNameForSeveral { .. } => ExitCode::Usage,
            Self::HalfCredentials { .. }
            | Self::ReadPassword(_)
            | Self::NoPassword
            | Self::CredentialsFile { .. }
            | Self::Credentials { .. } => ExitCode::RegistryAuthentication,
            Self::Trapped { .. } => ExitCode::Trap,
            Self::TimedOut { .. } | Self::Stopped { .. } => ExitCode::Timeout,
            _ => ExitCode::Failure,
        }
    }
}

fn build_exit_code(error: &wasmpack_builder::Error) -> ExitCode {
    use wasmpack_builder::Error as Build;
    match error {
        Build::NoSuchPath { .. }
        | Build::NotAProject { .. }
        | Build::NoProgram { .. }
        | Build::NoCommand { .. }
        | Build::Pattern { .. }
        | Build::UnknownSystem { .. }
        | Build::UnknownTarget { .. }
        | Build::UnfitTarget { .. }
        | Build::UnknownToolchain { .. }
        | Build::WhichProgram { .. } => ExitCode::Usage,
        Build::ToolchainMissing { .. }
        | Build::Unable { .. }
        | Build::UnfitToolchain { .. }
        | Build::TargetMissing { .. } => ExitCode::ToolchainMissing,
        Build::Text { .. } => ExitCode::Optimize,
        Build::Metadata { .. } | Build::MetadataFormat { .. } => ExitCode::Metadata,
        Build::BuildSystem { .. }
        | Build::CargoBuild { .. }
        | Build::Compilation { .. }
        | Build::Linking { .. }
        | Build::NothingBuilt { .. }
        | Build::SeveralMains { .. }
        | Build::NoMain { .. } => ExitCode::Compilation,
        _ => ExitCode::Failure,
    }
}

fn run_exit_code(error: &wasmpack_runner::Error) -> ExitCode {
    use wasmpack_runner::Error as Run;
    match error {
        Run::Endless | Run::NoFunction { .. } | Run::Arguments { .. } => ExitCode::Usage,
        Run::MemoryLimit { .. } | Run::ModuleLimit { .. } | Run::CompileTime { .. } => ExitCode::Timeout,
        Run::InitializerCalls { .. }
        | Run::InitializerTwice { .. }
        | Run::Initializer { .. }
        | Run::NoSnapshot { .. }
        | Run::NotWasm { .. }
        | Run::NoEntry { .. }
        | Run::InvalidModule { .. } => ExitCode::Optimize,
        _ => ExitCode::Failure,
    }
}

/// The packager tells three kinds of trouble apart: words, files and images.
fn image_exit_code(error: &wasmpack_packager::Error) -> ExitCode {
    use wasmpack_packager::Error as Image;
    match error {
        Image::ParseReference { .. }
        | Image::UnknownCompression { .. }
        | Image::UnknownFormat { .. }
        | Image::Platform { .. }
        | Image::NotForDocker { .. }
        | Image::NotAnImage { .. }
        | Image::ParseWord { .. }
        | Image::FilePath { .. }
        | Image::MakeImage { .. } => ExitCode::Usage,
        Image::Load(error) => load_exit_code(error),
        Image::Registry(failure) if failure.is_about_credentials() => ExitCode::RegistryAuthentication,
        Image::Registry(_) => ExitCode::Registry,
        Image::Write { .. }
        | Image::Destination { .. }
        | Image::Read { .. }
        | Image::FileChanged { .. }
        | Image::WriteLayer { .. } => ExitCode::Failure,
        _ => ExitCode::InvalidImage,
    }
}

fn load_exit_code(error: &load::Error) -> ExitCode {
    use load::Error as Load;
    match error {
        Load::Unknown { .. } | Load::NoContainers { .. } => ExitCode::Usage,
        Load::Missing { .. }
        | Load::NoneAnswers { .. }
        | Load::NoAnswer { .. }
        | Load::Unreadable { .. }
        | Load::PodmanInDisguise
        | Load::NoCluster { .. }
        | Load::NoRuntime { .. }
        | Load::TooOld { .. } => ExitCode::EngineMissing,
        Load::Unfit { .. } | Load::Unable { .. } => ExitCode::Unfit,
        _ => ExitCode::Failure,
    }
}
