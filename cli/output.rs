//! `-o type=…,dest=…`: where else an image is written.

use std::str::FromStr;

use camino::{Utf8Path, Utf8PathBuf};
use wasmpack_packager::{Format, Reference, Sink, sinks};

use crate::word;

/// One more place for the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The form it takes there.
    pub form: Form,
    /// The file or folder.
    pub dest: Utf8PathBuf,
    /// The format that goes there; otherwise all that are made into a layout, and the first into an archive.
    pub format: Option<Format>,
}

/// The forms an image can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An OCI image layout folder.
    OciLayout,
    /// The same as one tar, which docker, podman, ctr and skopeo load.
    OciArchive,
    /// The same tar, as `docker save` writes it too; refused for what Docker cannot load.
    DockerArchive,
}

/// As the command line spells them.
const FORMS: [(&str, Form); 3] = [
    ("oci-layout", Form::OciLayout),
    ("oci-archive", Form::OciArchive),
    ("docker-archive", Form::DockerArchive),
];

impl Output {
    /// The same, its destination starting at `folder` if it is relative.
    #[must_use]
    pub fn below(&self, folder: &Utf8Path) -> Self {
        Self { dest: folder.join(&self.dest), ..self.clone() }
    }

    /// The place itself, for an image of one build with that of the name `chosen`.
    #[must_use]
    pub fn sink(&self, chosen: &Reference) -> Box<dyn Sink> {
        match self.form {
            Form::OciLayout => Box::new(sinks::Layout::at(&self.dest).beside(chosen)),
            Form::OciArchive => Box::new(sinks::Archive::at(&self.dest)),
            Form::DockerArchive => Box::new(sinks::Archive::for_docker(&self.dest)),
        }
    }

    /// Whether an image goes there, being of this format and the first of its build or not.
    #[must_use]
    pub fn takes(&self, format: Format, is_first: bool) -> bool {
        match self.format {
            Some(wanted) => wanted == format,
            None => is_first || self.form == Form::OciLayout,
        }
    }
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.is_empty() && !text.contains(['=', ',']) {
            let kind = if text.ends_with(".tar") { "oci-archive" } else { "oci-layout" };
            return Err(format!("it does not say what is written there; write `type={kind},dest={text}`"));
        }
        let (mut form, mut dest, mut format) = (None, None, None);
        for part in text.split(',') {
            match part.split_once('=') {
                Some(("type", value)) => form = Some(parse_form(value)?),
                Some(("dest", value)) if !value.is_empty() => dest = Some(value.into()),
                Some(("format", value)) => format = Some(word::typed(value)?),
                _ => return Err(format!("`{part}` is neither `type=…` nor `dest=…` nor `format=…`")),
            }
        }
        let missing = |key: &str| format!("`{key}=` is missing; write `type=oci-archive,dest=image.tar`");
        Ok(Self {
            form: form.ok_or_else(|| missing("type"))?,
            dest: dest.ok_or_else(|| missing("dest"))?,
            format,
        })
    }
}

fn parse_form(typed: &str) -> Result<Form, String> {
    FORMS.iter().find(|(name, _)| *name == typed).map(|(_, form)| *form).ok_or_else(|| {
        let known = FORMS.map(|(name, _)| name).join("`, `");
        format!("unknown type `{typed}`; there are `{known}`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_keys_are_needed_in_any_order() {
        let expected = Output { form: Form::OciArchive, dest: "a.tar".into(), format: None };
        assert_eq!("type=oci-archive,dest=a.tar".parse(), Ok(expected.clone()));
        assert_eq!("dest=a.tar,type=oci-archive".parse(), Ok(expected.clone()));
        let artifact = Output { format: Some(Format::Artifact), ..expected };
        assert_eq!("type=oci-archive,dest=a.tar,format=artifact".parse(), Ok(artifact));
        for bad in [
            "",
            "type=oci-archive",
            "dest=x",
            "type=zip,dest=x",
            "type=oci-archive,dest=",
            "a.tar",
            "type=oci-archive,dest=x,format=zip",
        ] {
            assert!(bad.parse::<Output>().is_err(), "{bad}");
        }
        for (bare, whole) in
            [("foo.tar", "type=oci-archive,dest=foo.tar"), ("out/foo", "type=oci-layout,dest=out/foo")]
        {
            assert!(bare.parse::<Output>().unwrap_err().ends_with(&format!("write `{whole}`")), "{bare}");
        }
    }
}
