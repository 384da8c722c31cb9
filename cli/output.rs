//! `-o type=…,dest=…`: where else an image is written.

use std::str::FromStr;

use camino::{Utf8Path, Utf8PathBuf};

/// One more place for the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The form it takes there.
    pub form: Form,
    /// The file or folder.
    pub dest: Utf8PathBuf,
}

/// The forms an image can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An OCI image layout folder.
    OciLayout,
    /// The same as one tar, which docker, podman, ctr and skopeo load.
    OciArchive,
}

/// As the command line spells them.
const FORMS: [(&str, Form); 2] = [("oci-layout", Form::OciLayout), ("oci-archive", Form::OciArchive)];

impl Output {
    /// The same, its destination starting at `folder` if it is relative.
    #[must_use]
    pub fn below(&self, folder: &Utf8Path) -> Self {
        Self { form: self.form, dest: folder.join(&self.dest) }
    }
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (mut form, mut dest) = (None, None);
        for part in text.split(',') {
            match part.split_once('=') {
                Some(("type", value)) => form = Some(parse_form(value)?),
                Some(("dest", value)) if !value.is_empty() => dest = Some(value.into()),
                _ => return Err(format!("`{part}` is neither `type=…` nor `dest=…`")),
            }
        }
        let missing = |key: &str| format!("`{key}=` is missing; write `type=oci-archive,dest=image.tar`");
        Ok(Self { form: form.ok_or_else(|| missing("type"))?, dest: dest.ok_or_else(|| missing("dest"))? })
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
        let expected = Output { form: Form::OciArchive, dest: "a.tar".into() };
        assert_eq!("type=oci-archive,dest=a.tar".parse(), Ok(expected.clone()));
        assert_eq!("dest=a.tar,type=oci-archive".parse(), Ok(expected));
        for bad in ["", "type=oci-archive", "dest=x", "type=zip,dest=x", "type=oci-archive,dest=", "a.tar"] {
            assert!(bad.parse::<Output>().is_err(), "{bad}");
        }
    }
}
