//! `cri-pod SOCKET HANDLER IMAGE ARGS`: a pod of one container, as the kubelet has it made: pulled, started, awaited, removed.
//!
//! Prints what the container wrote, by its log, and ends with its exit code.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs};

use k8s_cri::v1::image_service_client::ImageServiceClient;
use k8s_cri::v1::runtime_service_client::RuntimeServiceClient;
use k8s_cri::v1::{
    ContainerConfig, ContainerMetadata, ContainerState, ContainerStatusRequest, CreateContainerRequest,
    ImageSpec, LinuxPodSandboxConfig, LinuxSandboxSecurityContext, NamespaceMode, NamespaceOption,
    PodSandboxConfig, PodSandboxMetadata, PullImageRequest, RemoveContainerRequest, RemovePodSandboxRequest,
    RunPodSandboxRequest, StartContainerRequest, StopPodSandboxRequest,
};
use tonic::transport::{Channel, Endpoint};

type Failure = Box<dyn std::error::Error>;

/// How often it is asked whether the container has ended.
const PAUSE: Duration = Duration::from_millis(50);

/// A container that has not ended by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> Result<ExitCode, Failure> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [socket, handler, image, arguments @ ..] = &words[..] else {
        return Err("usage: cri-pod SOCKET HANDLER IMAGE ARGS".into());
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Logs lie beside the socket, in the folder of whoever asks.
    let logs = Path::new(socket).with_file_name(format!("logs-{}", std::process::id()));
    fs::create_dir(&logs)?;
    let pod = Pod { handler, image, arguments, logs };
    let code = runtime.block_on(async {
        let channel = Endpoint::try_from(format!("unix://{socket}"))?.connect().await?;
        pod.run(channel).await
    })?;
    fs::remove_dir_all(&pod.logs)?;
    Ok(ExitCode::from(u8::try_from(code)?))
}

struct Pod<'a> {
    handler: &'a str,
    image: &'a str,
    arguments: &'a [String],
    logs: PathBuf,
}

impl Pod<'_> {
    async fn run(&self, channel: Channel) -> Result<i32, Failure> {
        let mut images = ImageServiceClient::new(channel.clone());
        let mut runtime = RuntimeServiceClient::new(channel);
        let pull = PullImageRequest { image: Some(self.spec(self.image)), ..Default::default() };
        let pulled = images.pull_image(pull).await?.into_inner().image_ref;
        let sandbox =
            RunPodSandboxRequest { config: Some(self.sandbox()), runtime_handler: self.handler.to_owned() };
        let sandbox = runtime.run_pod_sandbox(sandbox).await?.into_inner().pod_sandbox_id;
        // It is removed however the container ends.
        let ended = self.container(&mut runtime, &sandbox, &pulled).await;
        runtime.stop_pod_sandbox(StopPodSandboxRequest { pod_sandbox_id: sandbox.clone() }).await?;
        runtime.remove_pod_sandbox(RemovePodSandboxRequest { pod_sandbox_id: sandbox }).await?;
        ended
    }

    async fn container(
        &self,
        runtime: &mut RuntimeServiceClient<Channel>,
        sandbox: &str,
        pulled: &str,
    ) -> Result<i32, Failure> {
        let create = CreateContainerRequest {
            pod_sandbox_id: sandbox.to_owned(),
            config: Some(self.config(pulled)),
            sandbox_config: Some(self.sandbox()),
        };
        let container_id = runtime.create_container(create).await?.into_inner().container_id;
        runtime.start_container(StartContainerRequest { container_id: container_id.clone() }).await?;
        let ended = tokio::time::timeout(PATIENCE, ended(runtime, &container_id)).await;
        let log = fs::read_to_string(self.logs.join("0.log"))?;
        runtime.remove_container(RemoveContainerRequest { container_id }).await?;
        print!("{}", said(&log, "stdout"));
        eprint!("{}", said(&log, "stderr"));
        ended.map_err(|_| "the container does not end")?
    }

    /// On the host's network, which is there without a plugin.
    fn sandbox(&self) -> PodSandboxConfig {
        let network = NamespaceMode::Node.into();
        let namespace_options = NamespaceOption { network, ..Default::default() };
        let security_context =
            LinuxSandboxSecurityContext { namespace_options: Some(namespace_options), ..Default::default() };
        PodSandboxConfig {
            metadata: Some(PodSandboxMetadata {
                name: format!("pod-{}", std::process::id()),
                uid: std::process::id().to_string(),
                namespace: "default".to_owned(),
                attempt: 0,
            }),
            log_directory: self.logs.display().to_string(),
            linux: Some(LinuxPodSandboxConfig {
                security_context: Some(security_context),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    /// The annotation is the container's alone: on the pod it would be the pause program's too, which is no WebAssembly.
    fn config(&self, pulled: &str) -> ContainerConfig {
        ContainerConfig {
            metadata: Some(ContainerMetadata { name: "app".to_owned(), attempt: 0 }),
            image: Some(self.spec(pulled)),
            args: self.arguments.to_vec(),
            annotations: [("run.oci.handler".to_owned(), "wasm".to_owned())].into(),
            log_path: "0.log".to_owned(),
            ..Default::default()
        }
    }

    fn spec(&self, image: &str) -> ImageSpec {
        ImageSpec { image: image.to_owned(), ..Default::default() }
    }
}

/// Its exit code, once it has one.
async fn ended(runtime: &mut RuntimeServiceClient<Channel>, container_id: &str) -> Result<i32, Failure> {
    loop {
        let asked = ContainerStatusRequest { container_id: container_id.to_owned(), verbose: false };
        let status =
            runtime.container_status(asked).await?.into_inner().status.ok_or("there is no status")?;
        if status.state() == ContainerState::ContainerExited {
            return Ok(status.exit_code);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// What the program wrote to a stream. Before each line the CRI puts time, stream, and whether the line is whole.
fn said(log: &str, wanted: &str) -> String {
    let line = |line: &str| {
        let [_, stream, whole, text] = line.splitn(4, ' ').collect::<Vec<_>>().try_into().ok()?;
        (stream == wanted).then(|| format!("{text}{}", if whole == "F" { "\n" } else { "" }))
    };
    log.lines().filter_map(line).collect()
}
