//! What `init --ci` writes and `action.yml` are run as runners would do it, with a registry on this machine and stand-ins for what
//! else there is at a forge.

mod document;
mod github;
mod gitlab;
mod kubernetes;
mod place;
mod steps;
