//! What the tests of registries stand on: servers that behave as they are told, and images to send.

pub mod clock;
pub mod debian;
pub mod http;
pub mod images;
pub mod registry;
pub mod store;
#[expect(dead_code, reason = "the product asks it for more")]
pub mod tried;
