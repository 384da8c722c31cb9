//! The consumers, one row each.

use super::rules::{
    ARTIFACTS, CORE_ONLY, CRI, CRI_1_6, CRI_2_3, CRI_ARTIFACT, CRI_NO_MATCH, CRIO_NO_MATCH, CRUN_CONTAINERD,
    CRUN_POD, CTR, CTR_1_6, CTR_1_7, DOCKER_CLASSIC, DOCKER_CONTAINERD, ENVOY, FILES_ONLY, ORAS_RULES,
    PODMAN_CRUN, PODMAN_LOAD, PODMAN_NO_MATCH, PODMAN_YOUKI, REGISTRY_NO_MATCH, RUNWASI, SKOPEO_RULES,
    SPIN_RULES, STARTS, UMOCI_RULES, WASH_RULES, WASMTIME, WKG_RULES, YOUKI_CTR, YOUKI_FILES, YOUKI_POD,
};
use super::{Consumer, Pick, Rule};

const CTR_USE: &str = "`ctr image import FILE`, `ctr run --runtime io.containerd.<engine>.v1 IMAGE ID`";
const CRI_USE: &str = "a registry; a pod with a RuntimeClass for the shim or runtime";
const DOCKER_USE: &str = "`docker load -i FILE`, `docker run --runtime io.containerd.wasmtime.v1 IMAGE`";
const PODMAN_USE: &str = "`podman load -i FILE`, `podman run IMAGE`";

const UNMEASURED: Option<&str> = Some("known from its source, not measured");
const STDIN: Option<&str> = Some("the program never sees the end of stdin: run it with a time limit");
const DOCKER_NOTE: Option<&str> = Some(
    "measured with 29.4 and `--network host`: Docker 26 and newer hang where runwasi has to make a network, 29.5 and newer \
     add a `time` namespace that runwasi refuses; `--tty` is refused",
);
const EXIT_0: Option<&str> = Some("the exit code is always 0");
const EXIT_1: Option<&str> = Some("the exit code is 1 for whatever fails");

const fn consumer(
    name: &'static str,
    title: &'static str,
    usage: &'static str,
    pick: Pick,
    rules: &'static [&'static [Rule]],
) -> Consumer {
    Consumer { name, title, usage, note: None, pick, rules }
}

impl Consumer {
    const fn noted(self, note: Option<&'static str>) -> Self {
        Self { note, ..self }
    }
}

const CTR_1_6_WASMTIME: &[&[Rule]] = &[STARTS, CTR, CTR_1_6, RUNWASI, WASMTIME];
const CTR_1_6_CORE: &[&[Rule]] = &[STARTS, CTR, CTR_1_6, RUNWASI, CORE_ONLY];
const CTR_1_7_WASMTIME: &[&[Rule]] = &[STARTS, CTR, CTR_1_7, RUNWASI, WASMTIME];
const CTR_1_7_CORE: &[&[Rule]] = &[STARTS, CTR, CTR_1_7, RUNWASI, CORE_ONLY];
const CRI_2_2: &[&[Rule]] = &[STARTS, CRI, CRI_ARTIFACT, RUNWASI, WASMTIME];
const PODMAN: &[&[Rule]] = &[STARTS, PODMAN_LOAD, PODMAN_CRUN, FILES_ONLY, CORE_ONLY];
const CRIO: &[&[Rule]] = &[STARTS, FILES_ONLY, CORE_ONLY, CRUN_POD];
const KUBELET: Pick = Pick::Machine(CRI_NO_MATCH);

/// Every consumer that there are rules for, in the order in which they are told.
pub const CONSUMERS: &[Consumer] = &[
    consumer(
        "docker-containerd",
        "Docker 29 with the containerd image store",
        DOCKER_USE,
        Pick::Any,
        &[STARTS, DOCKER_CONTAINERD, RUNWASI, WASMTIME],
    )
    .noted(DOCKER_NOTE),
    consumer(
        "docker-classic",
        "Docker 29 with the classic image store",
        DOCKER_USE,
        Pick::Docker,
        &[STARTS, DOCKER_CLASSIC, WASMTIME],
    )
    .noted(DOCKER_NOTE),
    consumer(
        "kubernetes-1.6",
        "Kubernetes, containerd 1.6, runwasi wasmtime",
        CRI_USE,
        KUBELET,
        &[STARTS, CRI, CRI_1_6, RUNWASI, WASMTIME],
    ),
    consumer("kubernetes-1.7", "Kubernetes, containerd 1.7, runwasi wasmtime", CRI_USE, KUBELET, CRI_2_2)
        .noted(UNMEASURED),
    consumer(
        "kubernetes-2.2",
        "Kubernetes, containerd 2.0 to 2.2, runwasi wasmtime",
        CRI_USE,
        KUBELET,
        CRI_2_2,
    ),
    consumer(
        "kubernetes-2.3",
        "Kubernetes, containerd 2.3 and newer, runwasi wasmtime",
        CRI_USE,
        KUBELET,
        &[STARTS, CRI, CRI_ARTIFACT, CRI_2_3, RUNWASI, WASMTIME],
    ),
    consumer(
        "kubernetes-2.3-local",
        "the same with `use_local_image_pull = true`",
        CRI_USE,
        KUBELET,
        CRI_2_2,
    ),
    consumer(
        "kubernetes-crun",
        "Kubernetes, containerd, crun with WasmEdge",
        CRI_USE,
        KUBELET,
        &[STARTS, FILES_ONLY, CORE_ONLY, CRUN_POD, CRUN_CONTAINERD],
    )
    .noted(EXIT_0),
    consumer(
        "kubernetes-youki",
        "Kubernetes, containerd, youki",
        CRI_USE,
        KUBELET,
        &[STARTS, FILES_ONLY, CORE_ONLY, YOUKI_POD, CRUN_CONTAINERD],
    ),
    consumer("cri-o-wasmedge", "CRI-O, crun with WasmEdge", CRI_USE, Pick::Machine(CRIO_NO_MATCH), CRIO)
        .noted(UNMEASURED),
    consumer("cri-o-wasmtime", "CRI-O, crun with Wasmtime", CRI_USE, Pick::Machine(CRIO_NO_MATCH), CRIO)
        .noted(UNMEASURED),
    consumer(
        "podman-wasmedge",
        "podman, crun with WasmEdge",
        PODMAN_USE,
        Pick::Machine(PODMAN_NO_MATCH),
        PODMAN,
    )
    .noted(EXIT_0),
    consumer(
        "podman-wasmtime",
        "podman, crun with Wasmtime",
        PODMAN_USE,
        Pick::Machine(PODMAN_NO_MATCH),
        PODMAN,
    )
    .noted(EXIT_1),
    consumer(
        "podman-youki",
        "podman, youki",
        "`podman load -i FILE`, `podman --runtime PATH/youki run --annotation run.oci.handler=wasm IMAGE`",
        Pick::Machine(PODMAN_NO_MATCH),
        &[STARTS, PODMAN_LOAD, FILES_ONLY, CORE_ONLY, YOUKI_FILES, PODMAN_YOUKI],
    ),
    consumer(
        "containerd-1.6-wasmtime",
        "containerd 1.6 (to 1.6.24), runwasi wasmtime",
        CTR_USE,
        Pick::Any,
        CTR_1_6_WASMTIME,
    )
    .noted(STDIN),
    consumer(
        "containerd-1.6-wasmedge",
        "containerd 1.6 (to 1.6.24), runwasi wasmedge",
        CTR_USE,
        Pick::Any,
        CTR_1_6_CORE,
    )
    .noted(UNMEASURED),
    consumer(
        "containerd-1.6-wasmer",
        "containerd 1.6 (to 1.6.24), runwasi wasmer",
        CTR_USE,
        Pick::Any,
        CTR_1_6_CORE,
    )
    .noted(UNMEASURED),
    consumer(
        "containerd-1.6-wamr",
        "containerd 1.6 (to 1.6.24), runwasi wamr",
        CTR_USE,
        Pick::Any,
        CTR_1_6_CORE,
    )
    .noted(UNMEASURED),
    consumer(
        "containerd-1.6-youki",
        "containerd 1.6 (to 1.6.24), youki",
        "`ctr image import FILE`, `ctr run --runc-binary youki --annotation run.oci.handler=wasm IMAGE ID`",
        Pick::Any,
        &[STARTS, CTR, CTR_1_6, FILES_ONLY, CORE_ONLY, YOUKI_FILES, YOUKI_CTR],
    )
    .noted(STDIN),
    consumer(
        "containerd-1.7-wasmtime",
        "containerd 1.7 (1.7.7; 1.6.25), runwasi wasmtime",
        CTR_USE,
        Pick::Any,
        CTR_1_7_WASMTIME,
    )
    .noted(UNMEASURED),
    consumer(
        "containerd-1.7-wasmedge",
        "containerd 1.7 (1.7.7; 1.6.25), runwasi wasmedge",
        CTR_USE,
        Pick::Any,
        CTR_1_7_CORE,
    )
    .noted(UNMEASURED),
    consumer(
        "containerd-1.7-wasmer",
        "containerd 1.7 (1.7.7; 1.6.25), runwasi wasmer",
        CTR_USE,
        Pick::Any,
        CTR_1_7_CORE,
    )
    .noted(UNMEASURED),
    consumer(
        "containerd-1.7-wamr",
        "containerd 1.7 (1.7.7; 1.6.25), runwasi wamr",
        CTR_USE,
        Pick::Any,
        CTR_1_7_CORE,
    )
    .noted(UNMEASURED),
    consumer("containerd-2-wasmtime", "containerd 2, runwasi wasmtime", CTR_USE, Pick::Any, CTR_1_7_WASMTIME)
        .noted(STDIN),
    consumer("containerd-2-wasmedge", "containerd 2, runwasi wasmedge", CTR_USE, Pick::Any, CTR_1_7_CORE)
        .noted(UNMEASURED),
    consumer("containerd-2-wasmer", "containerd 2, runwasi wasmer", CTR_USE, Pick::Any, CTR_1_7_CORE)
        .noted(UNMEASURED),
    consumer("containerd-2-wamr", "containerd 2, runwasi wamr", CTR_USE, Pick::Any, CTR_1_7_CORE)
        .noted(UNMEASURED),
    consumer("wkg", "wkg", "a registry; `wkg oci pull REFERENCE`", Pick::All, &[ARTIFACTS, WKG_RULES]),
    consumer("wash", "wasmCloud's wash", "a registry; `wash`", Pick::All, &[ARTIFACTS, WASH_RULES]),
    consumer(
        "spin",
        "Spin, as a dependency",
        "a registry; `[component.NAME.dependencies]`",
        Pick::All,
        &[ARTIFACTS, SPIN_RULES],
    ),
    consumer(
        "istio",
        "Istio and Envoy Gateway, as a plugin of Envoy",
        "a registry; `WasmPlugin`, `EnvoyExtensionPolicy`",
        Pick::Machine(REGISTRY_NO_MATCH),
        &[ENVOY],
    )
    .noted(UNMEASURED),
    consumer(
        "skopeo",
        "skopeo",
        "`skopeo copy oci-archive:FILE docker://REFERENCE`",
        Pick::All,
        &[SKOPEO_RULES],
    ),
    consumer("umoci", "umoci", "`umoci unpack --image FOLDER:TAG BUNDLE`", Pick::All, &[UMOCI_RULES]),
    consumer("oras", "oras", "`oras pull REFERENCE`", Pick::All, &[ORAS_RULES]),
];
