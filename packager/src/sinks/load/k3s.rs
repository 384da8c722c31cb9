//! k3s, which has a containerd and its `ctr` inside. Pods find images in the namespace `k8s.io`.

use super::containerd::Containerd;
use super::ctr::Ctr;
use super::program::Program;
use super::{Engine, Error};

/// Where the kubelet looks for images.
pub(super) const NAMESPACE: &str = "k8s.io";

pub(super) fn ask(program: &Program) -> Result<Containerd, Error> {
    let ctr = Ctr::ask(&Engine::K3s, &program.with(["ctr"]), Some(NAMESPACE))?;
    let title = format!("k3s (containerd {})", ctr.server);
    Ok(Containerd { title, consumer: ctr.kubernetes(), ctr })
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::super::stand_in::{StandIns, everywhere, ok, single};
    use crate::{Compression, File, Image, Layer, Platform, Tar};

    #[test]
    fn its_own_ctr_loads_where_pods_look() {
        let digest = everywhere().digest();
        let part = "  Version:  v1.7.20-k3s1\n";
        let list = format!("REF TYPE DIGEST\ndocker.io/library/app:latest application/x {digest}\n");
        let k3s = [
            ("ctr --namespace k8s.io --connect-timeout", ok(format!("Client:\n{part}Server:\n{part}"))),
            ("ctr --namespace k8s.io image import", ok("")),
            ("ctr --namespace k8s.io image ls", ok(list)),
            ("ctr --namespace k8s.io image tag", ok("")),
        ];
        let machine = StandIns::new().with("k3s", &k3s);
        assert_eq!(
            machine.load("k3s", &everywhere()).unwrap().reference,
            format!("docker.io/library/app@{digest}")
        );
        assert_eq!(machine.calls()[1], "k3s ctr --namespace k8s.io image import --all-platforms image.tar");
        assert_eq!(machine.open("k3s").unwrap().title(), "k3s (containerd 1.7.20-k3s1)");
        // The containerd of this stand-in has one image for ever.
        let error = machine.load("k3s", &single()).unwrap_err();
        assert!(error.to_string().ends_with(&format!("it is {digest}")), "{error}");
    }

    #[test]
    fn an_index_without_the_machine_is_not_sent() {
        let part = "  Version:  v2.0.5-k3s2\n";
        let version = ok(format!("Client:\n{part}Server:\n{part}"));
        let machine = StandIns::new().with("k3s", &[("ctr --namespace k8s.io --connect-timeout", version)]);
        let tar = Tar::from_files([File::executable("/app.wasm", crate::fixture::MODULE)]).unwrap();
        let draft =
            Image::scratch(Platform::WASI_WASM).with_layer(Layer::new(&tar, Compression::default()).unwrap());
        let mut image = draft.with_entrypoint(["/app.wasm"]).build().unwrap();
        let mut entry = image.root().descriptor();
        entry.set_platform(Some(Platform::WASI_WASM.to_oci()));
        let index = crate::layout::index(vec![entry]);
        image.blobs.push(crate::Blob::json(oci_spec::image::MediaType::ImageIndex, &index));
        let error = machine.load("k3s", &image).unwrap_err();
        assert!(error.to_string().contains("no match for platform in manifest"), "{error}");
        assert_eq!(machine.calls().len(), 1);
    }
}
