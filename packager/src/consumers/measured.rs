//! What was measured, row by row: each must come out of the rules.
//!
//! A cell says how it ended (`runs`, `if`, `no`) and what must be among the reasons.

use super::{CONSUMERS, DockerList, Facts, Interface, Outcome, Program, Shape, Variant};
use crate::{Form, Platform};

/// One manifest for `wasi/wasm`, in an archive of ours.
fn single(shape: Shape, program: &Program) -> Facts {
    facts(false, vec![variant(shape, &Platform::WASI_WASM, program)])
}

/// One image in an index of four.
fn everywhere(program: &Program) -> Facts {
    let [wasip1, amd64, arm64] = ["wasip1/wasm", "linux/amd64", "linux/arm64"].map(platform);
    let platforms = [Platform::WASI_WASM, wasip1, amd64, arm64];
    let variants = platforms.iter().map(|platform| variant(Shape::Image, platform, program));
    facts(true, variants.collect())
}

fn facts(is_index: bool, variants: Vec<Variant>) -> Facts {
    // Docker is told of images only, and of the one for the machine it is most likely on.
    let is_image = variants.iter().all(|variant| variant.shape == Shape::Image);
    let named = variants.iter().position(Variant::is_for_machines).unwrap_or(0);
    Facts {
        long_name: Some("docker.io/library/app:latest".to_owned()),
        short_name: Some("latest".to_owned()),
        descriptor_platform: None,
        form: Form::Archive,
        is_fetched: false,
        is_index,
        is_ours: true,
        docker_list: if is_image { DockerList::Names(named) } else { DockerList::Missing },
        variants,
    }
}

fn variant(shape: Shape, platform: &Platform, program: &Program) -> Variant {
    let is_artifact = shape == Shape::Artifact;
    let word = |text: &str| text.to_owned();
    Variant {
        platform: Some(platform.clone()),
        config_platform: Some(platform.clone()),
        shape,
        manifest_type: Some(word("application/vnd.oci.image.manifest.v1+json")),
        config_type: word(if is_artifact {
            crate::artifact::CONFIG
        } else {
            "application/vnd.oci.image.config.v1+json"
        }),
        layer_types: vec![word(if shape == Shape::Image {
            "application/vnd.oci.image.layer.v1.tar+gzip"
        } else {
            "application/wasm"
        })],
        has_titles: is_artifact,
        diff_ids: usize::from(shape == Shape::Image),
        entrypoint: if is_artifact { Vec::new() } else { vec![word("/app.wasm")] },
        program: program.clone(),
        ..Variant::default()
    }
}

fn platform(text: &str) -> Platform {
    let (os, architecture) = text.split_once('/').unwrap_or((text, ""));
    Platform::new(os, architecture)
}

fn module() -> Program {
    Program::Module(exporting(&["memory", "_start"]))
}

fn component(exports: &[&str]) -> Program {
    Program::Component(exporting(exports))
}

/// A command that asks for something of its own.
fn foreign() -> Program {
    let foreign = vec!["env.frobnicate".into()];
    Program::Module(Interface { foreign, ..exporting(&["_start"]) })
}

fn exporting(exports: &[&str]) -> Interface {
    Interface { exports: exports.iter().map(ToString::to_string).collect(), ..Interface::default() }
}

fn run() -> Program {
    component(&["wasi:cli/run@0.2.0"])
}

/// A single manifest for a platform.
fn image(name: &str) -> Facts {
    facts(false, vec![variant(Shape::Image, &platform(name), &module())])
}

/// An index of these platforms.
fn index(names: &[&str]) -> Facts {
    facts(true, names.iter().map(|name| variant(Shape::Image, &platform(name), &module())).collect())
}

/// The same for every variant.
fn with(mut facts: Facts, change: impl Fn(&mut Variant)) -> Facts {
    facts.variants.iter_mut().for_each(change);
    facts
}

/// A shape whose config lists the module as if it were a tar.
fn listed(shape: Shape) -> Facts {
    with(single(shape, &module()), |variant| variant.diff_ids = 1)
}

fn named(long: Option<&str>, short: Option<&str>) -> Facts {
    let [long_name, short_name] = [long, short].map(|name| name.map(str::to_owned));
    Facts { long_name, short_name, ..image("wasi/wasm") }
}

#[track_caller]
fn check(consumers: &[&str], rows: &[(&str, Facts, &[&str])]) {
    for (form, facts, cells) in rows {
        assert_eq!(consumers.len(), cells.len(), "{form}");
        for (name, cell) in consumers.iter().zip(*cells).filter(|(_, cell)| **cell != "-") {
            let consumer = CONSUMERS.iter().find(|consumer| consumer.name == *name).unwrap();
            let verdict = consumer.judge(facts);
            let (word, reason) = cell.split_once(' ').unwrap_or((cell, ""));
            let expected = match word {
                "runs" => Outcome::Works,
                "if" => Outcome::WorksIf,
                _ => Outcome::Fails,
            };
            assert_eq!(verdict.outcome, expected, "{form}, {name}: {verdict:?}");
            let texts: Vec<&str> = verdict.findings.iter().map(|finding| &*finding.text).collect();
            let wanted: Vec<&str> = reason.split(" + ").filter(|part| !part.is_empty()).collect();
            for part in &wanted {
                assert!(texts.iter().any(|text| text.contains(part)), "{form}, {name}: {part} in {texts:?}");
            }
            // Nothing is asked for that was not needed.
            if expected == Outcome::WorksIf {
                assert_eq!(texts.len(), wanted.len(), "{form}, {name}: {texts:?}");
            }
        }
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one row for each measurement")]
fn what_is_loaded_from_an_archive_and_run() {
    let flag = "if told `--platform wasi/wasm`";
    let by = |name: &str| format!("if told `--platform {name}`");
    let podman_by = |name: &str| format!("if handler=wasm + told `--platform {name}`");
    let platforms = ["wasip1/wasm", "wasi/wasm32", "linux/wasm", "linux/amd64"]
        .map(|name| (name, by(name), podman_by(name)));
    let mut rows: Vec<(&str, Facts, Vec<&str>)> = vec![
        ("A, gzip", image("wasi/wasm"), vec![flag, flag, flag, "runs"]),
        (
            "A, zstd",
            with(image("wasi/wasm"), |variant| {
                variant.layer_types = vec!["application/vnd.oci.image.layer.v1.tar+zstd".into()];
            }),
            vec![flag, flag, flag, "runs"],
        ),
        (
            "A, layout",
            Facts { form: Form::Layout, docker_list: DockerList::Missing, ..image("wasi/wasm") },
            vec![flag, flag, flag, "runs"],
        ),
        (
            "A, relative entrypoint",
            with(image("wasi/wasm"), |variant| variant.entrypoint = vec!["app.wasm".into()]),
            vec![flag, flag, flag, "runs"],
        ),
        (
            "A, Cmd",
            with(image("wasi/wasm"), |variant| variant.cmd = std::mem::take(&mut variant.entrypoint)),
            vec![flag, flag, flag, "runs"],
        ),
        ("A, component", single(Shape::Image, &run()), vec![flag, flag, flag, "no component"]),
        ("nested index of one", index(&["wasi/wasm"]), vec![flag, flag, flag, "no does not load"]),
        (
            "no name",
            named(None, None),
            vec!["if by its ID + --platform", "no keeps nothing", "no keeps nothing", "if by its ID"],
        ),
        (
            "only ref.name",
            named(None, Some("latest")),
            vec![
                "if `latest:latest` + --platform",
                "if `import-<date>:latest` + --platform",
                "if `import-<date>:latest` + --platform",
                "if `localhost/latest`",
            ],
        ),
        (
            "B",
            single(Shape::WasmLayer, &module()),
            vec![flag, "no mismatched image rootfs", flag, "no does not load"],
        ),
        (
            "B, diff_ids",
            listed(Shape::WasmLayer),
            vec!["no loads, and does not run", "no", "no", "no does not load"],
        ),
        (
            "C, diff_ids",
            listed(Shape::Artifact),
            vec!["no loads, and does not run", "no", "no", "no does not load"],
        ),
        (
            "C",
            single(Shape::Artifact, &module()),
            vec![
                "if `docker run … IMAGE /app.wasm`",
                "no does not import",
                "no unknown image config media type",
                "no does not load",
            ],
        ),
        ("mixed", single(Shape::Mixed, &module()), vec!["no mixes", "no mixes", "no mixes", "no mixes"]),
        ("everywhere", everywhere(&module()), vec!["runs", "runs", "runs", "if handler=wasm"]),
    ];
    for (name, flag, podman) in &platforms {
        rows.push((name, image(name), vec![flag, flag, flag, podman]));
    }
    let consumers = ["docker-containerd", "containerd-1.6-wasmtime", "containerd-2-wasmtime"];
    for podman in ["podman-wasmedge", "podman-wasmtime"] {
        let consumers = [&consumers[..], &[podman]].concat();
        for (form, facts, cells) in &rows {
            check(&consumers, &[(form, facts.clone(), cells)]);
        }
    }
}

#[test]
fn what_the_kubelet_pulls_and_runs() {
    let consumers = ["kubernetes-2.3", "kubernetes-2.3-local", "kubernetes-2.2", "kubernetes-1.6"];
    let runs = &["runs"; 4];
    let not_unpacked = &["no parent snapshot … does not exist", "runs", "runs", "runs"];
    // The index says linux/amd64 there; what counts is the config.
    let not_for_linux = &["no for Linux, and the config says wasi/wasm", "runs", "runs", "runs"];
    let no_match = &["no no match for platform in manifest"; 4];
    let layers = &["no can't handle spec", "no can't handle spec", "no can't handle spec", "-"];
    let among_machines = |shape| {
        facts(
            true,
            ["wasi/wasm", "linux/amd64"].map(|name| variant(shape, &platform(name), &module())).into(),
        )
    };
    let one_config =
        with(everywhere(&module()), |variant| variant.config_platform = Some(Platform::WASI_WASM));
    let service = component(&["wasi:http/incoming-handler@0.2.0"]);
    check(
        &consumers,
        &[
            ("A wasi/wasm", image("wasi/wasm"), not_unpacked),
            ("A wasip1/wasm", image("wasip1/wasm"), not_unpacked),
            ("A component", single(Shape::Image, &run()), not_unpacked),
            ("A linux/wasm", image("linux/wasm"), runs),
            ("A linux/amd64", image("linux/amd64"), runs),
            ("only wasi", index(&["wasi/wasm", "wasip1/wasm"]), no_match),
            ("only linux/wasm", index(&["linux/wasm"]), no_match),
            ("everywhere", everywhere(&module()), runs),
            ("everywhere, component", everywhere(&run()), runs),
            ("everywhere, service", everywhere(&service), runs),
            ("everywhere, one config", one_config, not_for_linux),
            (
                "B",
                single(Shape::WasmLayer, &module()),
                &["runs", "runs", "runs", "no mismatched image rootfs"],
            ),
            (
                "C",
                single(Shape::Artifact, &module()),
                &[
                    "if no command specified",
                    "if no command specified",
                    "if no command specified",
                    "no does not pull",
                ],
            ),
            ("B among machines", among_machines(Shape::WasmLayer), layers),
            ("C among machines", among_machines(Shape::Artifact), layers),
        ],
    );
}

#[test]
fn crun_and_youki_below_kubernetes() {
    let old = "if compat-smart + older than 2.3";
    check(
        &["kubernetes-crun", "kubernetes-youki"],
        &[
            ("A", image("wasi/wasm"), &[old, "if container, and not the pod + older than 2.3"]),
            ("everywhere", everywhere(&module()), &["if compat-smart", "if container, and not the pod"]),
            ("everywhere, component", everywhere(&run()), &["no component", "no component"]),
            ("B", single(Shape::WasmLayer, &module()), &["no runs files", "no runs files"]),
        ],
    );
    check(
        &["cri-o-wasmedge", "cri-o-wasmtime"],
        &[
            ("A", image("wasi/wasm"), &["if compat-smart", "if compat-smart"]),
            ("only wasi", index(&["wasi/wasm"]), &["no no image found", "no no image found"]),
        ],
    );
}

#[test]
fn dockers_classic_store_takes_one_form_only() {
    let classic = &["docker-classic"];
    check(
        classic,
        &[
            ("everywhere", everywhere(&module()), &["runs"]),
            (
                "everywhere without list",
                Facts { docker_list: DockerList::Missing, ..everywhere(&module()) },
                &["no does not contain a manifest.json"],
            ),
            (
                "everywhere, layout",
                Facts { docker_list: DockerList::Missing, form: Form::Layout, ..everywhere(&module()) },
                &["if archive"],
            ),
            ("A", image("wasi/wasm"), &["no cannot load wasi/wasm image on linux"]),
            ("B", single(Shape::WasmLayer, &module()), &["no does not contain a manifest.json"]),
            ("C", single(Shape::Artifact, &module()), &["no does not contain a manifest.json"]),
        ],
    );
}

/// As `skopeo copy oci:… docker-archive:…` and `podman save --format docker-archive` write them.
#[test]
fn archives_of_dockers_own_form() {
    let saved = |name: &str| {
        let docker = with(image(name), |variant| {
            variant.manifest_type = Some("application/vnd.docker.distribution.manifest.v2+json".into());
            variant.config_type = "application/vnd.docker.container.image.v1+json".into();
            variant.layer_types = vec!["application/vnd.docker.image.rootfs.diff.tar".into()];
        });
        Facts { form: Form::DockerArchive, descriptor_platform: Some(platform(name)), ..docker }
    };
    check(
        &["containerd-1.6-wasmtime", "podman-wasmtime", "skopeo", "umoci"],
        &[
            (
                "wasi/wasm",
                saved("wasi/wasm"),
                &[
                    "if image import` is told `--platform + run` is told `--platform",
                    "runs",
                    "if docker-archive:",
                    "if skopeo copy + raw unpack",
                ],
            ),
            (
                "linux/amd64",
                saved("linux/amd64"),
                &[
                    "if told `--platform linux/amd64`",
                    "if handler=wasm + --platform",
                    "if docker-archive:",
                    "if skopeo copy",
                ],
            ),
        ],
    );
}

#[test]
fn only_the_shim_of_wasmtime_runs_components_and_starts_the_first_export() {
    let service = component(&["wasi:http/incoming-handler@0.2.0", "wasi:cli/run@0.2.0"]);
    let empty_main = component(&["wasi:cli/run@0.2.0", "wasi:http/incoming-handler@0.2.0"]);
    let consumers = [
        "containerd-2-wasmtime",
        "containerd-2-wasmedge",
        "containerd-2-wasmer",
        "containerd-2-wamr",
        "kubernetes-2.2",
        "docker-containerd",
    ];
    let no = "no modules only";
    check(
        &consumers,
        &[
            ("module", everywhere(&module()), &["runs"; 6]),
            ("command", everywhere(&run()), &["runs", no, no, no, "runs", "runs"]),
            ("service", everywhere(&service), &["runs", no, no, no, "runs", "runs"]),
            (
                "service with a main before it",
                everywhere(&empty_main),
                &["no empty `main`", no, no, no, "no empty `main`", "no empty `main`"],
            ),
            (
                "neither",
                everywhere(&component(&["acme:api/greet"])),
                &["no neither", no, no, no, "no neither", "no neither"],
            ),
            ("reactor", everywhere(&Program::Module(exporting(&["add"]))), &["no _start"; 6]),
            ("foreign", everywhere(&foreign()), &["no `env.frobnicate`, which no runtime offers"; 6]),
            ("native", everywhere(&Program::Native), &["if natively"; 6]),
            (
                "absent",
                everywhere(&Program::Absent("is in no layer".into())),
                &["no `/app.wasm`, is in no layer"; 6],
            ),
        ],
    );
}

#[test]
fn a_layer_that_is_no_module_works_nowhere() {
    let consumers =
        ["docker-containerd", "containerd-2-wasmedge", "kubernetes-2.2", "wkg", "wash", "spin", "skopeo"];
    for (program, why) in [
        (Program::Native, "no and is no WebAssembly"),
        (Program::Broken("cannot be read: x".into()), "no and cannot be read: x"),
    ] {
        // Who only copies does not look.
        let artifact = [[why; 6].as_slice(), &["runs"]].concat();
        let layer = [[why, why, why].as_slice(), &["-"; 4]].concat();
        check(
            &consumers,
            &[
                ("artifact", single(Shape::Artifact, &program), &artifact),
                ("wasm-layer", single(Shape::WasmLayer, &program), &layer),
            ],
        );
    }
    let broken = everywhere(&Program::Broken("cannot be read: x".into()));
    check(
        &["docker-containerd", "podman-wasmtime"],
        &[("a file", broken, &["no `/app.wasm`, cannot be"; 2])],
    );
}

#[test]
fn youki_below_podman() {
    check(
        &["podman-youki"],
        &[
            ("A", image("wasi/wasm"), &["if --annotation"]),
            ("A, wasip1", image("wasip1/wasm"), &["if --annotation"]),
            ("A, linux", image("linux/amd64"), &["if --annotation"]),
            ("everywhere", everywhere(&module()), &["if --annotation"]),
            ("everywhere, component", everywhere(&run()), &["no component"]),
            ("B", single(Shape::WasmLayer, &module()), &["no does not load"]),
        ],
    );
}

#[test]
fn youki_below_ctr() {
    let relative = with(everywhere(&module()), |variant| {
        variant.entrypoint = vec!["app.wasm".into()];
        variant.working_dir = Some("/srv".into());
    });
    check(
        &["containerd-1.6-youki"],
        &[
            ("A", image("wasi/wasm"), &["if --annotation + --platform"]),
            ("everywhere", everywhere(&module()), &["if --annotation"]),
            ("everywhere, component", everywhere(&run()), &["no component"]),
            ("relative", relative, &["no relative to `/`"]),
        ],
    );
}

#[test]
fn the_component_world_reads_artifacts_only() {
    let consumers = ["wkg", "wash", "spin", "oras"];
    let no = "no vnd.wasm.config.v0+json";
    let untyped = with(single(Shape::Artifact, &run()), |variant| variant.manifest_type = None);
    let untitled = with(single(Shape::Artifact, &run()), |variant| variant.has_titles = false);
    check(
        &consumers,
        &[
            ("C, component", single(Shape::Artifact, &run()), &["runs"; 4]),
            (
                "C, module",
                single(Shape::Artifact, &module()),
                &["if `wkg oci pull`", "no components only", "no component", "runs"],
            ),
            ("C without media type", untyped, &["no media type", "runs", "runs", "runs"]),
            ("C without title", untitled, &["runs", "runs", "runs", "if `oras cp`"]),
            ("A", image("wasi/wasm"), &[no, no, no, "if `oras cp`"]),
            ("B", single(Shape::WasmLayer, &run()), &[no, no, no, "if `oras cp`"]),
            ("mixed", single(Shape::Mixed, &module()), &[no, no, no, "if `oras cp`"]),
            (
                "everywhere",
                everywhere(&run()),
                &["no not an index", "no not an index", "no not an index", "if `oras cp`"],
            ),
        ],
    );
}

/// As in <https://github.com/containerd/containerd/issues/10032> and <https://github.com/moby/moby/issues/48589>.
#[test]
fn of_a_pulled_image_one_platform_is_saved() {
    let only = |kept: &str| {
        let mut saved = everywhere(&module());
        for variant in &mut saved.variants {
            let is_kept = variant.platform == Some(platform(kept));
            variant.absent = (!is_kept).then(|| "its manifest sha256:1".into());
        }
        saved
    };
    check(
        &[
            "docker-containerd",
            "containerd-2-wasmtime",
            "kubernetes-2.3",
            "podman-wasmtime",
            "skopeo",
            "oras",
        ],
        &[
            (
                "linux/amd64",
                only("linux/amd64"),
                &[
                    "runs",
                    "if import` is told `--platform linux/amd64`",
                    "runs",
                    "if handler=wasm",
                    "runs",
                    "if oras cp + --platform linux/amd64",
                ],
            ),
            (
                "wasi/wasm",
                only("wasi/wasm"),
                &[
                    "if run` is told `--platform wasi/wasm`",
                    "if import` is told `--platform + run` is told `--platform",
                    "no its manifest sha256:1 is not in the archive",
                    "no its manifest sha256:1 is not in the archive",
                    "if --override-os",
                    "if oras cp + --platform wasi/wasm",
                ],
            ),
            ("nothing", only("none/none"), &["no not in the archive"; 6]),
        ],
    );
}

#[test]
fn envoy_takes_plugins_only() {
    let plugin =
        with(single(Shape::Image, &Program::Module(exporting(&["proxy_abi_version_0_2_1"]))), |variant| {
            variant.has_plugin = true;
        });
    let tar = with(plugin.clone(), |variant| {
        variant.layer_types = vec!["application/vnd.oci.image.layer.v1.tar+zstd".into()];
    });
    let program = with(image("wasi/wasm"), |variant| variant.has_plugin = true);
    check(
        &["istio"],
        &[
            ("plugin", plugin, &["runs"]),
            ("plugin, zstd", tar, &["no only tars with gzip"]),
            ("another file", with(image("wasi/wasm"), |_| ()), &["no no file `plugin.wasm`"]),
            ("a program", program, &["no proxy_abi_version"]),
            ("only wasi", index(&["wasi/wasm"]), &["no nothing for this machine"]),
        ],
    );
}

#[test]
fn tools_that_only_copy() {
    let layout = |facts| Facts { form: Form::Layout, docker_list: DockerList::Missing, ..facts };
    let docker = with(image("linux/amd64"), |variant| {
        variant.manifest_type = Some("application/vnd.docker.distribution.manifest.v2+json".into());
    });
    check(
        &["skopeo", "umoci"],
        &[
            ("A", layout(image("wasi/wasm")), &["runs", "if raw unpack"]),
            ("A linux", layout(image("linux/amd64")), &["runs", "runs"]),
            ("A of Docker", layout(docker), &["no no descriptor found", "-"]),
            ("A archive", image("wasi/wasm"), &["runs", "if raw unpack + tar -xf"]),
            ("B", layout(single(Shape::WasmLayer, &module())), &["runs", "no panic"]),
            (
                "C",
                layout(single(Shape::Artifact, &module())),
                &["runs", "no config blob is not correct mediatype"],
            ),
            ("nested index of one", layout(index(&["wasi/wasm"])), &["if `--all`", "if raw unpack"]),
            ("everywhere", layout(everywhere(&module())), &["runs", "no tag is ambiguous"]),
        ],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one row for each measurement")]
fn images_of_other_tools() {
    let consumers =
        ["docker-containerd", "kubernetes-2.2", "kubernetes-2.3", "podman-wasmedge", "containerd-2-wasmtime"];
    let attestation = Variant {
        platform: Some(platform("unknown/unknown")),
        is_attestation: true,
        ..variant(Shape::Other, &platform("unknown/unknown"), &Program::Absent("is not named".into()))
    };
    let attested = |names: &[&str]| {
        let mut attested = index(names);
        attested.variants.push(attestation.clone());
        attested
    };
    let tar_builder = with(single(Shape::WasmLayer, &module()), |variant| {
        variant.layer_types = vec!["application/vnd.bytecodealliance.wasm.component.layer.v0+wasm".into()];
        variant.entrypoint = vec![String::new()];
    });
    let strange = with(single(Shape::Other, &module()), |variant| {
        variant.config_type = "application/vnd.oci.image.config.v1+json".into();
        variant.layer_types = vec![
            "application/vnd.oci.image.layer.v1.tar".into(),
            "application/x-rar".into(),
            "application/wasm".into(),
        ];
    });
    let tar_in_artifact = with(single(Shape::Other, &module()), |variant| {
        variant.config_type = crate::artifact::CONFIG.into();
        variant.layer_types = vec!["application/vnd.oci.image.layer.v1.tar".into()];
    });
    let wasm_to_oci = with(single(Shape::Other, &module()), |variant| {
        variant.config_type = "application/vnd.wasm.config.v1+json".into();
        variant.config_platform = None;
    });
    let flag = "if told `--platform wasi/wasm`";
    check(
        &consumers,
        &[
            (
                "Dockerfile, linux/amd64 with wasm inside",
                image("linux/amd64"),
                &[
                    "if told `--platform linux/amd64`",
                    "runs",
                    "runs",
                    "if handler=wasm + --platform",
                    "if told `--platform linux/amd64`",
                ],
            ),
            (
                "BuildKit, wasi/wasm with attestations",
                attested(&["wasi/wasm"]),
                &[flag, "no no match", "no no match", "no does not load", flag],
            ),
            (
                "BuildKit, linux/amd64 with attestations",
                attested(&["linux/amd64"]),
                &["runs", "runs", "runs", "if handler=wasm", "runs"],
            ),
            ("oci-tar-builder", tar_builder, &[flag, "runs", "runs", "no does not load", flag]),
            ("wasm-to-oci", wasm_to_oci, &["no vnd.wasm.config.v1+json`, which no runtime knows"; 5]),
            ("an unknown layer", strange, &["no its layer is of type `application/x-rar`"; 5]),
            (
                "an artifact of tars",
                tar_in_artifact,
                &["no not modules but `application/vnd.oci.image.layer"; 5],
            ),
            (
                "descriptor with a platform",
                Facts { descriptor_platform: Some(Platform::WASI_WASM), ..image("wasi/wasm") },
                &[flag, "runs", "no parent snapshot", "runs", "if --all-platforms + told `--platform"],
            ),
            (
                "user with a name",
                with(image("linux/amd64"), |variant| variant.user = Some("nobody".into())),
                &[
                    "if `nobody` + told `--platform",
                    "if `nobody`",
                    "if `nobody`",
                    "if `nobody` + handler=wasm + --platform",
                    "if `nobody` + told `--platform",
                ],
            ),
            (
                "user with a number",
                with(everywhere(&module()), |variant| variant.user = Some("65532:65532".into())),
                &["runs", "runs", "runs", "if handler=wasm", "runs"],
            ),
            (
                "neither entrypoint nor command",
                with(everywhere(&module()), |variant| variant.entrypoint.clear()),
                &[
                    "if a command",
                    "if a command",
                    "if a command",
                    "if a command + handler=wasm",
                    "if a command",
                ],
            ),
        ],
    );
    let way_out = CONSUMERS.iter().find(|consumer| consumer.name == "kubernetes-2.2").unwrap();
    let said = way_out.judge(&attested(&["wasi/wasm"])).findings[0].way_out.clone().unwrap();
    assert!(said.contains("--provenance=false"), "{said}");
}
