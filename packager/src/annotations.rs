//! Annotations and labels: what is said about an image beside what runs.

use std::collections::BTreeMap;

/// Names and values in the order of their names, so that they are written in one order.
pub type Annotations = BTreeMap<String, String>;

/// The names of annotations.md in the OCI image specification, those that containerd and crun add, and our own.
pub mod keys {
    use oci_spec::image as oci;

    /// When the image was made, RFC 3339.
    pub const CREATED: &str = oci::ANNOTATION_CREATED;
    /// Who is responsible for the image, free text.
    pub const AUTHORS: &str = oci::ANNOTATION_AUTHORS;
    /// Where to find out more.
    pub const URL: &str = oci::ANNOTATION_URL;
    /// Where to read the documentation.
    pub const DOCUMENTATION: &str = oci::ANNOTATION_DOCUMENTATION;
    /// Where the source is.
    pub const SOURCE: &str = oci::ANNOTATION_SOURCE;
    /// The version of what is packaged.
    pub const VERSION: &str = oci::ANNOTATION_VERSION;
    /// The commit of what is packaged.
    pub const REVISION: &str = oci::ANNOTATION_REVISION;
    /// Who distributes the image.
    pub const VENDOR: &str = oci::ANNOTATION_VENDOR;
    /// The licences, as an SPDX expression.
    pub const LICENSES: &str = oci::ANNOTATION_LICENSES;
    /// The name for people.
    pub const TITLE: &str = oci::ANNOTATION_TITLE;
    /// The description for people.
    pub const DESCRIPTION: &str = oci::ANNOTATION_DESCRIPTION;
    /// In `index.json`: the bare tag, by which skopeo and umoci find an image.
    pub const REF_NAME: &str = oci::ANNOTATION_REF_NAME;
    /// In `index.json`: the fully qualified name, by which containerd and Docker keep an image.
    pub const CONTAINERD_NAME: &str = "io.containerd.image.name";
    /// In `index.json`: the name of the image that this is another format of, both being of one build of ours.
    pub const FORMAT_OF: &str = "io.github.cargo-wasmpack.format-of";
    /// What the modules of an image ask their host for: words and names with `,` between, or `none`. It is a claim: who has to
    /// know reads the modules.
    pub const CAPABILITIES: &str = "dev.wasmpack.capabilities";
    /// By which crun knows that an image for an ordinary platform is wasm.
    pub const WASM_VARIANT: &str = "module.wasm.image/variant";
}
