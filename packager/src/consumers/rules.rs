//! The rules, each with its source. A consumer in `table.rs` has some of these groups.
//!
//! A text that refuses or stops says what the user sees; a text that needs something completes "works if …".

use super::facts::{DockerList, Facts, Program, Shape, Variant};
use super::{Case, Effect, Finding, Refusal, Rule};
use crate::{Form, Platform, artifact, documents};

const fn refuses(text: &'static str, source: &'static str, holds: fn(&Case<'_>) -> bool) -> Rule {
    Rule { effect: Effect::Refuses, text, way_out: None, source, holds }
}

const fn stops(text: &'static str, source: &'static str, holds: fn(&Case<'_>) -> bool) -> Rule {
    Rule { effect: Effect::Stops, text, way_out: None, source, holds }
}

const fn needs(text: &'static str, source: &'static str, holds: fn(&Case<'_>) -> bool) -> Rule {
    Rule { effect: Effect::Needs, text, way_out: None, source, holds }
}

impl Rule {
    const fn or(self, way_out: &'static str) -> Self {
        Self { way_out: Some(way_out), ..self }
    }
}

const IMAGE_SPEC: &str = "https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md";
const WASM_SPEC: &str = "https://webassembly.github.io/spec/core/binary/modules.html";
const WASI: &str = "https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md";
const SHIM: &str = "https://github.com/containerd/runwasi/tree/main/crates/containerd-shim-wasm/src";
const WASMTIME_SHIM: &str =
    "https://github.com/containerd/runwasi/tree/main/crates/containerd-shim-wasmtime/src";
const WASMTIME_RUN: &str = "measured with containerd 2.4 and runwasi's wasmtime shim (wasmtime 36)";
const CTR_16: &str = "measured with containerd 1.6.20";
const CTR_2: &str = "measured with containerd 2.4";
const CTR_BOTH: &str = "measured with containerd 1.6.20 and 2.4";
const PARTIAL: &str = "https://github.com/containerd/containerd/issues/10032";
const CRI_16: &str = "measured with the CRI of containerd 1.6.20";
const CRI_2: &str = "measured with the CRI of containerd 2.2.7, 2.3.4 and 2.4";
const CRI_23: &str = "measured with the CRI of containerd 2.3.4 and 2.4";
const DOCKER: &str = "measured with Docker 29.4 and runwasi's wasmtime shim";
pub(super) const DOCKER_LIST: &str = "measured with Docker 29.4 and its classic image store";
const PODMAN: &str = "measured with podman 4.3.1 and crun 1.27 (wasmedge and wasmtime handlers)";
const PODMAN_PLATFORM: &str =
    "https://github.com/containers/podman/blob/main/pkg/specgen/generate/container.go";
const CRUN: &str = "https://github.com/containers/crun/blob/main/docs/wasm-wasi-example.md";
const CRUN_KUBERNETES: &str = "https://github.com/containers/crun/blob/main/docs/wasm-wasi-on-kubernetes.md";
const YOUKI: &str = "measured with youki 0.7 (wasmtime) and containerd 1.6.20";
const YOUKI_CRI: &str = "measured with youki 0.7 (wasmtime) and the CRI of containerd 1.6.20";
const YOUKI_PODMAN: &str = "measured with youki 0.7 (wasmtime) and podman 4.3.1";
const YOUKI_WASM: &str = "https://github.com/youki-dev/youki/blob/main/docs/src/user/webassembly.md";
const OCI_WASM: &str = "https://github.com/bytecodealliance/rust-oci-wasm/blob/main/src/client.rs";
const WKG: &str = "https://github.com/bytecodealliance/wasm-pkg-tools/blob/main/README.md";
const WASH: &str = "https://wasmcloud.com/docs/deployment/netboot/packaging";
const SPIN: &str = "https://spinframework.dev/v3/writing-apps#using-component-dependencies";
const ISTIO: &str = "https://github.com/istio/istio/blob/master/pkg/wasm/imagefetcher.go";
const PROXY_WASM: &str = "https://github.com/proxy-wasm/spec/tree/main/abi-versions";
const SKOPEO: &str = "measured with skopeo 1.9.3";
const SKOPEO_OPTIONS: &str = "https://github.com/containers/skopeo/blob/main/docs/skopeo.1.md";
const UMOCI: &str = "measured with umoci 0.4.7";
const ORAS_CP: &str = "https://oras.land/docs/commands/oras_cp";
const ORAS: &str = "https://oras.land/docs/how_to_guides/pushing_and_pulling";

pub(super) const CRI_NO_MATCH: Refusal =
    Refusal { reason: "no match for platform in manifest", source: CRI_2 };
pub(super) const PODMAN_NO_MATCH: Refusal =
    Refusal { reason: "it does not load: the index has nothing for this machine", source: PODMAN };
pub(super) const CRIO_NO_MATCH: Refusal = Refusal {
    reason: "no image found in image index for this machine",
    source: "https://github.com/containers/image/blob/main/internal/manifest/docker_schema2_list.go",
};
pub(super) const REGISTRY_NO_MATCH: Refusal =
    Refusal { reason: "the index has nothing for this machine", source: ISTIO };

/// Of what a consumer takes, something is not there: then there is nothing else to say of it.
pub(super) const ABSENT: Rule =
    stops("of what it takes, {absent} is not in the {form}", PARTIAL, |case| case.variant.absent.is_some())
        .or("`docker pull --platform`, `ctr image pull --all-platforms` before it is saved");

/// Whatever starts a program: that there is one.
pub(super) const STARTS: &[Rule] = &[
    stops("its config is `{config}`, which no runtime knows", IMAGE_SPEC, |case| {
        case.shape() == Shape::Other && !case.is_image() && !case.is_artifact()
    })
    .or("`{pack}--format everywhere`"),
    stops("its layer is of type `{strange layer}`, which no runtime knows", IMAGE_SPEC, |case| {
        case.shape() == Shape::Other && case.is_image()
    })
    .or("`{pack}--format everywhere`"),
    stops("it is an artifact, and its layers are not modules but {layers}", OCI_WASM, |case| {
        case.shape() == Shape::Other && case.is_artifact()
    })
    .or("`{pack}--format everywhere`"),
    stops("it mixes layers that are tars with modules", "measured with podman 4.3.1", |case| {
        case.shape() == Shape::Mixed
    })
    .or("`{pack}--format everywhere`"),
    stops("what it starts, `{program}`, {absent}", IMAGE_SPEC, |case| {
        case.names_program()
            && case.shape() == Shape::Image
            && matches!(case.variant.program, Program::Absent(_) | Program::Broken(_))
    }),
    NO_MODULE,
    stops("it imports {foreign}, which no runtime offers: it does not start", WASI, |case| {
        case.variant.foreign().is_some()
    })
    .or("link in what defines that, or leave out what calls it"),
    needs("a command is given: it has neither entrypoint nor command", IMAGE_SPEC, |case| {
        !case.names_program() && matches!(case.shape(), Shape::Image | Shape::WasmLayer)
    }),
    needs("it has an `/etc/passwd` that knows the user `{user}`", IMAGE_SPEC, |case| {
        let user = case.variant.user.as_deref().unwrap_or_default();
        let is_number = |part: &str| part.chars().all(|digit| digit.is_ascii_digit());
        !user.split(':').all(is_number)
    })
    .or("a number needs no file: `USER 65532`"),
];

/// A layer whose media type is a promise.
const NO_MODULE: Rule = stops("its layer is of type `{layer}`, and {absent}", WASM_SPEC, |case| {
    let program = &case.variant.program;
    case.is_module_layer() && matches!(program, Program::Native | Program::Absent(_) | Program::Broken(_))
});

/// What runwasi does with other programs.
const NATIVE: Rule =
    needs("the machine itself can run `{program}`: it is no WebAssembly, and run natively", SHIM, |case| {
        matches!(case.variant.program, Program::Native) && !case.is_module_layer()
    });

/// runwasi: where it looks for a module.
pub(super) const RUNWASI: &[Rule] = &[
    NATIVE,
    stops("wasmtime executor can't handle spec: it finds modules as layers in a manifest only, not in an index", CRI_2, |case| {
        case.is_module_layer() && case.facts.is_index
    })
    .or("`{pack}--format everywhere`, or `--format wasm-layer` alone"),
    stops("it reads modules from layers only where the config's architecture is `wasm`, and it says {config platform}", SHIM, |case| {
        let architecture = case.variant.config_platform.as_ref().map(|platform| &*platform.architecture);
        case.is_module_layer() && architecture != Some(&*Platform::WASI_WASM.architecture)
    })
    .or("`{pack}--platform {ours}`"),
    stops("it does not know layers of type `{layer}`", SHIM, |case| {
        const KNOWN: [&str; 2] =
            ["application/wasm", "application/vnd.bytecodealliance.wasm.component.layer.v0+wasm"];
        case.is_module_layer() && !case.variant.layer_types.iter().any(|layer| KNOWN.contains(&&**layer))
    })
    .or("`{pack}--format everywhere`"),
];

/// runwasi's shim of wasmtime, and its alone: components.
pub(super) const WASMTIME: &[Rule] = &[
    stops(
        "it exports `wasi:cli/run` before `wasi:http/incoming-handler`: its empty `main` is run, and it ends with exit code 0",
        WASMTIME_RUN,
        |case| case.component(|exports| first_of(exports, [HANDLER, RUN]) == Some(RUN) && has(exports, HANDLER)),
    )
    .or("build it with `cargo wasmpack build`, which leaves `wasi:cli/run` out; or as a `cdylib`"),
    stops("it exports neither `wasi:cli/run` nor `wasi:http/incoming-handler`", WASMTIME_SHIM, |case| {
        case.component(|exports| !has(exports, RUN) && !has(exports, HANDLER))
    }),
    NO_START,
];

/// Runtimes that know modules only.
pub(super) const CORE_ONLY: &[Rule] = &[
    stops("it runs modules only, and this is a component", WASMTIME_SHIM, |case| {
        case.component(|exports| !has(exports, HANDLER))
    })
    .or("`{build}--target wasm32-wasip1`"),
    stops("it runs modules only, and this is a component that serves HTTP", WASMTIME_SHIM, |case| {
        case.component(|exports| has(exports, HANDLER))
    })
    .or("runwasi's shim of wasmtime serves it"),
    NO_START,
];

const NO_START: Rule = stops("it does not export `_start`", SHIM, |case| {
    let named = case.variant.entrypoint.first().or(case.variant.cmd.first());
    let is_start = !named.is_some_and(|program| program.contains('#'));
    matches!(&case.variant.program, Program::Module(module) if is_start && !module.exports.iter().any(|name| name == "_start"))
})
.or("build a program, not a library");

/// Runtimes that look for a file.
pub(super) const FILES_ONLY: &[Rule] = &[
    stops("what it starts, `{program}`, is no WebAssembly", YOUKI_WASM, |case| {
        matches!(case.variant.program, Program::Native)
    }),
    stops("it runs files, and the module is a layer", PODMAN, has_module_as_layer)
        .or("`{pack}--format everywhere`"),
    stops("it takes `{program}` for a file's name: `#function` is runwasi's own", CRUN, |case| {
        case.variant.entrypoint.first().is_some_and(|program| program.contains('#'))
    }),
];

/// `ctr image import`, of any version.
pub(super) const CTR: &[Rule] = &[
    refuses(
        "`ctr image import` says that it succeeded, and keeps nothing: it has no name",
        CTR_BOTH,
        |case| case.facts.long_name.is_none() && case.facts.short_name.is_none(),
    )
    .or("`{pack}--tag NAME`"),
    refuses("its config lists a layer that is no tar", CTR_BOTH, |case| {
        case.is_module_layer() && case.variant.diff_ids > 0
    })
    .or("`{pack}--format everywhere`, or `--format wasm-layer`"),
    needs(
        "`ctr image import` is told `--platform {platform}`: what else the index names is not in the {form}",
        PARTIAL,
        |case| case.facts.is_partial() && !is_filtered_out(case),
    ),
    needs("it is run as `import-<date>:{name}`: it has no long name", CTR_BOTH, |case| {
        case.facts.long_name.is_none()
    })
    .or("`{pack}--tag NAME`"),
    needs("`ctr run` is told `--platform {platform}`", CTR_BOTH, |case| !case.is_found_by_machines())
        .or("`{pack}--format everywhere`"),
];

/// `ctr` of containerd 1.6, up to 1.6.24.
pub(super) const CTR_1_6: &[Rule] = &[
    refuses("mismatched image rootfs", CTR_16, |case| {
        case.shape() == Shape::WasmLayer && case.variant.diff_ids == 0
    })
    .or("`{pack}--format everywhere`; or containerd 1.6.25, 1.7.7 or 2"),
    refuses("it does not import artifacts", CTR_16, |case| case.shape() == Shape::Artifact)
        .or("`{pack}--format everywhere`"),
    needs(
        "`ctr image import` is told `--platform {platform}`: the image might be filtered out",
        CTR_16,
        is_filtered_out,
    )
    .or("`--platform` of `ctr`; or pack it anew, without a platform in `index.json`"),
];

/// `ctr` of containerd 1.6.25, 1.7.7 and newer ones.
pub(super) const CTR_1_7: &[Rule] = &[
    refuses("it imports, and then: unknown image config media type `{config}`", CTR_2, |case| {
        case.shape() == Shape::Artifact
    })
    .or("`{pack}--format everywhere`"),
    needs(
        "`ctr image import` is told `--all-platforms`: the image might be filtered out",
        CTR_2,
        is_filtered_out,
    )
    .or("`--all-platforms` of `ctr`; or pack it anew, without a platform in `index.json`"),
];

/// The kubelet, through the CRI of containerd of any version.
pub(super) const CRI: &[Rule] = &[refuses("its config lists a layer that is no tar", CTR_BOTH, |case| {
    case.is_module_layer() && case.variant.diff_ids > 0
})
.or("`{pack}--format everywhere`")];

/// The CRI of containerd 1.6.
pub(super) const CRI_1_6: &[Rule] = &[
    refuses("mismatched image rootfs", CRI_16, |case| case.shape() == Shape::WasmLayer)
        .or("`{pack}--format everywhere`; or containerd 1.6.25, 1.7.7 or 2"),
    refuses("it does not pull artifacts", CRI_16, |case| case.shape() == Shape::Artifact)
        .or("`{pack}--format everywhere`"),
];

/// The CRI of containerd that pulls artifacts: since 1.7.
pub(super) const CRI_ARTIFACT: &[Rule] =
    &[needs("the pod says `command: [\"/app.wasm\"]`: no command specified", CRI_2, |case| {
        case.shape() == Shape::Artifact
    })
    .or("`{pack}--format everywhere`")];

/// The CRI of containerd 2.3 and newer ones, as they come.
pub(super) const CRI_2_3: &[Rule] = &[stops(
    "parent snapshot … does not exist: it unpacks only what is for Linux, and the config says {config platform}",
    CRI_23,
    |case| {
        case.shape() == Shape::Image && !case.variant.config_platform.as_ref().is_some_and(Platform::is_linux)
    },
)
.or("`{pack}--format everywhere`; or on every node `use_local_image_pull = true`")];

/// `docker load` into the containerd image store.
pub(super) const DOCKER_CONTAINERD: &[Rule] = &[
    stops("it loads, and does not run: its config lists a layer that is no tar", DOCKER, |case| {
        case.is_module_layer() && case.variant.diff_ids > 0
    })
    .or("`{pack}--format everywhere`, or `--format wasm-layer`"),
    needs("it is run by its ID: it has no name", DOCKER, |case| {
        case.facts.long_name.is_none() && case.facts.short_name.is_none()
    })
    .or("`{pack}--tag NAME`"),
    needs("it is run as `{name}:latest`: it has no long name", DOCKER, |case| {
        case.facts.long_name.is_none() && case.facts.short_name.is_some()
    })
    .or("`{pack}--tag NAME`"),
    needs("`docker run` is told `--platform {platform}`", DOCKER, |case| {
        !case.is_found_by_machines() && case.shape() != Shape::Artifact
    })
    .or("`{pack}--format everywhere`"),
    needs("a command is given: `docker run … IMAGE /app.wasm`", DOCKER, |case| {
        case.shape() == Shape::Artifact
    })
    .or("`{pack}--format everywhere`"),
];

/// `docker load` into the classic image store.
pub(super) const DOCKER_CLASSIC: &[Rule] = &[
    NATIVE,
    refuses("cannot load {config platform} image on linux", DOCKER_LIST, |case| {
        case.variant.config_platform.as_ref().is_some_and(|platform| !platform.is_linux())
    })
    .or("`{pack}--format everywhere`; or the containerd image store"),
    needs("it is written as an archive: a folder has no `manifest.json`", DOCKER_LIST, |case| {
        case.facts.docker_list == DockerList::Missing && !case.facts.is_fetched
    })
    .or("`{pack}--output type=oci-archive,dest=FILE`"),
    needs("`docker run` is told `--platform {platform}`", DOCKER_LIST, |case| {
        !case.variant.is_for_machines()
    }),
];

/// `podman load`.
pub(super) const PODMAN_LOAD: &[Rule] = &[
    refuses("it does not load: no tar, or a config that is none of an image", PODMAN, |case| {
        matches!(case.shape(), Shape::WasmLayer | Shape::Artifact)
    })
    .or("`{pack}--format everywhere`"),
    needs("it is run by its ID: it has no name", PODMAN, |case| {
        case.facts.long_name.is_none() && case.facts.short_name.is_none()
    })
    .or("`{pack}--tag NAME`"),
    needs("it is run as `localhost/{name}`: it has no long name", PODMAN, |case| {
        case.facts.long_name.is_none() && case.facts.short_name.is_some()
    })
    .or("`{pack}--tag NAME`"),
];

/// crun below podman.
pub(super) const PODMAN_CRUN: &[Rule] = &[
    needs(
        "`podman run` is told `--annotation run.oci.handler=wasm`: by itself podman, since 4.4, knows `{ours}` only",
        PODMAN_PLATFORM,
        |case| case.variant.config_platform.as_ref() != Some(&Platform::WASI_WASM),
    ),
    needs("`podman run` is told `--platform {platform}`", PODMAN, |case| {
        !case.is_found_by_machines() && case.variant.config_platform.as_ref() != Some(&Platform::WASI_WASM)
    }),
];

/// crun below Kubernetes.
pub(super) const CRUN_POD: &[Rule] =
    &[needs("the pod has the annotation `module.wasm.image/variant: compat-smart`", CRUN_KUBERNETES, |_| {
        true
    })];

/// The same, where containerd and not CRI-O pulls.
pub(super) const CRUN_CONTAINERD: &[Rule] =
    &[needs("containerd is older than 2.3, or has `use_local_image_pull = true`", CRI_23, |case| {
        !case.variant.config_platform.as_ref().is_some_and(Platform::is_linux)
    })
    .or("`{pack}--format everywhere`")];

/// youki below Kubernetes.
pub(super) const YOUKI_POD: &[Rule] =
    &[needs("the container, and not the pod, has the annotation `run.oci.handler: wasm`", YOUKI_CRI, |_| {
        true
    })];

/// youki, where nobody says where it looks.
pub(super) const YOUKI_FILES: &[Rule] =
    &[stops("it opens `{program}` relative to `/`, and not to the working directory", YOUKI, |case| {
        let relative = case.variant.entrypoint.first().or(case.variant.cmd.first());
        let folder = case.variant.working_dir.as_deref().unwrap_or("/");
        folder != "/" && relative.is_some_and(|program| !program.starts_with('/'))
    })
    .or("an entrypoint that begins with `/`")];

/// youki below `ctr`.
pub(super) const YOUKI_CTR: &[Rule] =
    &[needs("`ctr run` is told `--annotation run.oci.handler=wasm`", YOUKI, |_| true)];

/// youki below podman.
pub(super) const PODMAN_YOUKI: &[Rule] =
    &[needs("`podman run` is told `--annotation run.oci.handler=wasm`", YOUKI_PODMAN, |_| true)];

/// What reads Wasm OCI artifacts.
pub(super) const ARTIFACTS: &[Rule] = &[
    NO_MODULE,
    stops("it reads one manifest, not an index", OCI_WASM, |case| case.facts.is_index)
        .or("`{pack}--format artifact`"),
    stops("its config is `{config}`, not `application/vnd.wasm.config.v0+json`", OCI_WASM, |case| {
        !case.facts.is_index && !case.is_artifact()
    })
    .or("`{pack}--format artifact`"),
    stops("it has other than one layer", OCI_WASM, |case| {
        case.is_artifact() && case.variant.layer_types.len() != 1
    })
    .or("`{pack}--format artifact`"),
    stops("its layer is of type `{layer}`, not `application/wasm`", OCI_WASM, |case| {
        case.is_artifact() && case.variant.layer_types.iter().any(|layer| layer != "application/wasm")
    })
    .or("`{pack}--format artifact`"),
];

/// wkg.
pub(super) const WKG_RULES: &[Rule] = &[
    stops("its manifest does not say its media type", OCI_WASM, |case| case.variant.manifest_type.is_none())
        .or("`{pack}--format artifact`"),
    needs("it is read with `wkg oci pull`: packages are components", WKG, is_module),
];

/// wash.
pub(super) const WASH_RULES: &[Rule] =
    &[stops("wasmCloud runs components only", WASH, is_module).or("`{build}--target wasm32-wasip2`")];

/// Spin's dependencies.
pub(super) const SPIN_RULES: &[Rule] =
    &[stops("a dependency is a component", SPIN, is_module).or("`{build}--target wasm32-wasip2`")];

/// Istio and Envoy Gateway, which fetch plugins of Envoy.
pub(super) const ENVOY: &[Rule] = &[
    stops("its topmost layer is `{layer}`, and only tars with gzip are read", ISTIO, |case| {
        let layer = case.variant.layer_types.last().map(String::as_str);
        case.variant.layer_types.len() != 2
            && layer != Some("application/vnd.oci.image.layer.v1.tar+gzip")
            && layer != Some("application/vnd.docker.image.rootfs.diff.tar.gzip")
    })
    .or("`{pack}--format image --compress gzip`"),
    stops("there is no file `plugin.wasm` in its topmost layer", ISTIO, |case| {
        const PLUGIN: &str = "application/vnd.module.wasm.content.layer.v1+wasm";
        let is_plugin = case.variant.layer_types.len() == 2
            && case.variant.layer_types.iter().any(|layer| layer == PLUGIN);
        !case.variant.has_plugin && !is_plugin
    })
    .or("`{pack}--entrypoint /plugin.wasm`"),
    stops("it is no plugin: it exports no `proxy_abi_version_…`", PROXY_WASM, |case| {
        match &case.variant.program {
            Program::Module(module) => {
                !module.exports.iter().any(|name| name.starts_with("proxy_abi_version_"))
            }
            Program::Component(_) | Program::Native | Program::Broken(_) => true,
            Program::Unknown | Program::Absent(_) => false,
        }
    }),
];

/// skopeo.
pub(super) const SKOPEO_RULES: &[Rule] = &[
    stops(
        "no descriptor found: of a layout it takes manifests of OCI only, this is one of Docker's",
        SKOPEO,
        |case| {
            let own = case.variant.manifest_type.as_deref().unwrap_or_default();
            own.starts_with("application/vnd.docker.") && case.facts.docker_list == DockerList::Missing
        },
    )
    .or("pull it from a registry with `skopeo copy docker://…`"),
    needs("it is given as `docker-archive:FILE`", SKOPEO, |case| case.facts.form == Form::DockerArchive),
    needs("`skopeo copy` is told `--all`: the index has nothing for this machine", SKOPEO, |case| {
        case.facts.is_index
            && !case.facts.runnable().any(Variant::is_for_machines)
            && !case.facts.is_partial()
    }),
    needs(
        "`skopeo copy` is told `--override-os` and `--override-arch` of {platform}: what else the index names is not in the {form}",
        SKOPEO_OPTIONS,
        |case| case.facts.is_partial() && !case.variant.is_for_machines(),
    ),
];

/// umoci.
pub(super) const UMOCI_RULES: &[Rule] = &[
    stops("tag is ambiguous: the index has several platforms", UMOCI, |case| case.facts.variants.len() > 1)
        .or("`{pack}--format image`"),
    stops("it stops with a panic at a layer that is no tar", UMOCI, |case| {
        case.is_image() && case.shape() != Shape::Image
    })
    .or("`{pack}--format image`"),
    stops("config blob is not correct mediatype: it is `{config}`", UMOCI, |case| !case.is_image())
        .or("`{pack}--format image`"),
    needs(
        "the archive is unpacked into a folder with `tar -xf FILE -C FOLDER`: umoci reads no archives",
        UMOCI,
        |case| case.facts.form == Form::Archive,
    ),
    needs(
        "the archive is made a layout with `skopeo copy docker-archive:FILE oci:FOLDER:TAG`: umoci reads none of Docker's",
        UMOCI,
        |case| case.facts.form == Form::DockerArchive,
    ),
    needs("it has a tag", UMOCI, |case| case.facts.short_name.is_none()).or("`{pack}--tag NAME`"),
    needs(
        "`umoci raw unpack` is used: `umoci unpack` takes only what is for Linux (unsupported OS)",
        UMOCI,
        |case| !case.variant.config_platform.as_ref().is_some_and(Platform::is_linux),
    ),
];

/// oras.
pub(super) const ORAS_RULES: &[Rule] = &[
    needs("it is copied with `oras cp`: `oras pull` writes only layers that have a title", ORAS, |case| {
        !case.variant.has_titles
    })
    .or("`{pack}--format artifact`"),
    needs(
        "it is told `--platform {platform}`: what else the index names is not in the {form}",
        ORAS_CP,
        |case| case.facts.is_partial(),
    ),
];

const HANDLER: &str = "wasi:http/incoming-handler@";
const RUN: &str = "wasi:cli/run@";

/// Whether `ctr image import` takes the machine's own platform only, and this is another one.
fn is_filtered_out(case: &Case<'_>) -> bool {
    case.facts.descriptor_platform.as_ref().is_some_and(|platform| !platform.is_machine())
}

fn has_module_as_layer(case: &Case<'_>) -> bool {
    case.is_module_layer()
}

fn is_module(case: &Case<'_>) -> bool {
    matches!(case.variant.program, Program::Module(_))
}

fn has(exports: &[String], start: &str) -> bool {
    exports.iter().any(|name| name.starts_with(start))
}

/// Which of these comes first.
fn first_of<'a>(exports: &[String], starts: [&'a str; 2]) -> Option<&'a str> {
    exports.iter().find_map(|name| starts.into_iter().find(|start| name.starts_with(start)))
}

/// The variant that Docker's classic store is told of.
pub(super) fn docker_list(facts: &Facts) -> Result<&Variant, Finding> {
    let refuse = |text: &str| Finding {
        text: text.to_owned(),
        way_out: Some(format!(
            "`{}--format everywhere --output type=oci-archive,dest=FILE`",
            facts.verbs()[0]
        )),
        source: DOCKER_LIST,
    };
    match facts.docker_list {
        DockerList::Names(number) => Ok(&facts.variants[number]),
        DockerList::Other => Err(refuse("`manifest.json` names another image")),
        DockerList::Missing if facts.form != Form::Layout => Err(refuse("does not contain a manifest.json")),
        // Of a folder, an archive is still to be written, as this tool would.
        DockerList::Missing => {
            let machine = facts.runnable().find(|variant| variant.is_for_machines());
            machine.or(facts.runnable().next()).ok_or_else(|| refuse("there is no image in it"))
        }
    }
}

impl Case<'_> {
    fn shape(&self) -> Shape {
        self.variant.shape
    }

    /// Whether its config is that of an image.
    fn is_image(&self) -> bool {
        documents::is_config(&self.variant.config_type.as_str().into())
    }

    /// Whether its config is that of a Wasm OCI artifact.
    fn is_artifact(&self) -> bool {
        self.variant.config_type == artifact::CONFIG
    }

    /// Whether the module is a layer, and no file in one.
    fn is_module_layer(&self) -> bool {
        matches!(self.shape(), Shape::WasmLayer | Shape::Artifact)
    }

    fn names_program(&self) -> bool {
        !self.variant.entrypoint.is_empty() || !self.variant.cmd.is_empty()
    }

    /// Whether who looks for the own machine finds it.
    fn is_found_by_machines(&self) -> bool {
        self.facts.is_index && self.variant.is_for_machines()
    }

    fn component(&self, holds: impl Fn(&[String]) -> bool) -> bool {
        matches!(&self.variant.program, Program::Component(component) if holds(&component.exports))
    }
}
