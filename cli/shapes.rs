//! The image of a module in each format that was asked for.

use wasmpack_builder::Module;
use wasmpack_optimizer::Capabilities;
use wasmpack_packager::{Artifact, Draft, Format, Image, Layer, World};

use crate::error::Error;
use crate::image_plan::ImagePlan;

/// What an artifact's module is called where it is unpacked.
const FILE_NAME: &str = "app.wasm";

/// The images, in the order of the formats. `layers` are those of a tar; `wasm` gives the module itself, for the formats
/// that hold no tar. `needs` is what all modules in it ask for.
///
/// # Errors
/// When the parts do not make an image, or `wasm` fails.
pub fn images(
    module: &Module,
    layers: &[Layer],
    plan: &ImagePlan,
    needs: &Capabilities,
    wasm: impl Fn() -> Result<Vec<u8>, Error>,
) -> Result<Vec<(Format, Image)>, Error> {
    let image = |format: &Format| {
        let image = match format {
            Format::Everywhere => draft(module, layers, plan, needs).build_everywhere()?,
            Format::Image => draft(module, layers, plan, needs).build()?,
            Format::WasmLayer => draft(module, &[Layer::raw(wasm()?)], plan, needs).build()?,
            Format::Artifact => artifact(module, wasm()?, plan, needs)?.build()?,
        };
        Ok((*format, image))
    };
    plan.formats.iter().map(image).collect()
}

fn draft(module: &Module, layers: &[Layer], plan: &ImagePlan, needs: &Capabilities) -> Draft {
    let scratch = Image::scratch(plan.platform.clone());
    plan.say(layers.iter().cloned().fold(scratch, Draft::with_layer), module, needs)
}

fn artifact(
    module: &Module,
    wasm: Vec<u8>,
    plan: &ImagePlan,
    needs: &Capabilities,
) -> Result<Artifact, Error> {
    let component = if wasmpack_optimizer::is_component(&wasm) {
        let world = wasmpack_optimizer::World::of(&wasm);
        let world = world.map_err(|source| Error::Inspect { name: module.name.clone(), source })?;
        Some(World { imports: world.imports, exports: world.exports })
    } else {
        None
    };
    Ok(Artifact {
        module: Layer::raw(wasm),
        file_name: FILE_NAME.to_owned(),
        component,
        annotations: plan.about.annotations_with(module, needs),
        created_seconds: plan.created.image,
    })
}
