//! Calls of an exported function of a component, with arguments in WAVE: <https://docs.rs/wasm-wave>.

use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::wasm_wave::wasm::DisplayType;
use wasmtime::component::{Component, Instance, Type, Val};
use wasmtime::{Engine, Store};

use crate::component::Host;
use crate::{Call, Error, Exit, call};

/// A function that a component exports, by itself or in an interface.
struct Exported {
    interface: Option<String>,
    name: String,
    function: ComponentFunc,
}

/// A call whose function is there, and whose arguments fit.
pub(crate) struct Prepared {
    interface: Option<String>,
    function: String,
    arguments: Vec<Val>,
    results: usize,
}

/// Looks the function up, by `name` or by `interface#name`, and reads the arguments as its type says.
pub(crate) fn prepare(engine: &Engine, component: &Component, call: &Call) -> Result<Prepared, Error> {
    let Call { function, arguments } = call;
    let exported = exported(engine, component);
    // What is written whole is that, and nothing else; what is not has to be the only one.
    let is_whole = |one: &&Exported| one.full_name() == *function;
    let has_name = |one: &&Exported| one.name == *function || one.name_without_version() == *function;
    let whole = exported.iter().find(is_whole);
    let meant: Vec<_> = whole.map_or_else(|| exported.iter().filter(has_name).collect(), |one| vec![one]);
    let [found] = meant[..] else {
        let several = meant.len() > 1;
        let exported = exported.iter().map(Exported::signature).collect();
        return Err(Error::NoFunction { function: function.clone(), several, exported });
    };
    let refused = |problem| Error::Arguments { signature: found.signature(), problem };
    let parameters = found.function.params();
    call::check_count(parameters.len(), arguments.len()).map_err(refused)?;
    let arguments = parameters.zip(arguments).map(|((name, of_parameter), typed)| {
        parse(&of_parameter, typed).map_err(|cause| refused(format!("`{typed}` is no `{name}`: {cause}")))
    });
    Ok(Prepared {
        interface: found.interface.clone(),
        function: found.name.clone(),
        arguments: arguments.collect::<Result<_, _>>()?,
        results: found.function.results().len(),
    })
}

fn exported(engine: &Engine, component: &Component) -> Vec<Exported> {
    let mut found = Vec::new();
    let of_component = component.component_type();
    for (name, export) in of_component.exports(engine) {
        match export.ty {
            ComponentItem::ComponentFunc(function) => {
                found.push(Exported { interface: None, name: name.to_owned(), function });
            }
            ComponentItem::ComponentInstance(instance) => {
                for (inner, export) in instance.exports(engine) {
                    if let ComponentItem::ComponentFunc(function) = export.ty {
                        found.push(Exported {
                            interface: Some(name.to_owned()),
                            name: inner.to_owned(),
                            function,
                        });
                    }
                }
            }
            _ => {}
        }
    }
    found
}

impl Exported {
    fn full_name(&self) -> String {
        match &self.interface {
            Some(interface) => format!("{interface}#{}", self.name),
            None => self.name.clone(),
        }
    }

    /// `acme:calc/ops#add`, where there is a version.
    fn name_without_version(&self) -> String {
        let interface = self.interface.as_deref().unwrap_or_default();
        let interface = interface.split_once('@').map_or(interface, |(interface, _)| interface);
        format!("{interface}#{}", self.name)
    }

    /// `acme:calc/ops#add(a: s32, b: s32) -> s32`
    fn signature(&self) -> String {
        // Resources have no form in WAVE.
        let shown =
            |of_value: &Type| DisplayType(of_value).to_string().replace("<<UNSUPPORTED>>", "resource");
        let parameters =
            self.function.params().map(|(name, of_value)| format!("{name}: {}", shown(&of_value)));
        let parameters = parameters.collect::<Vec<_>>().join(", ");
        let result = self.function.results().next().map(|of_value| format!(" -> {}", shown(&of_value)));
        format!("{}({parameters}){}", self.full_name(), result.unwrap_or_default())
    }
}

/// A text need not stand in quotes, which a shell would take away.
fn parse(of_parameter: &Type, typed: &str) -> Result<Val, String> {
    match Val::from_wave(of_parameter, typed) {
        Ok(value) => Ok(value),
        Err(_) if matches!(of_parameter, Type::String) => Ok(Val::String(typed.to_owned())),
        Err(error) => Err(error.root_cause().to_string()),
    }
}

impl Prepared {
    pub(crate) fn make(self, store: &mut Store<Host>, instance: &Instance) -> wasmtime::Result<Exit> {
        let inside = self
            .interface
            .as_ref()
            .and_then(|interface| instance.get_export_index(&mut *store, None, interface));
        let index = instance.get_export_index(&mut *store, inside.as_ref(), &self.function);
        let function =
            index.and_then(|index| instance.get_func(&mut *store, index)).expect("it was looked up");
        let mut results = vec![Val::Bool(false); self.results];
        function.call(store, &self.arguments, &mut results)?;
        let is_error = matches!(results.first(), Some(Val::Result(Err(_))));
        let values = results.iter().map(|value| value.to_wave().unwrap_or_else(|_| "a resource".to_owned()));
        Ok(Exit::Returned { values: values.collect(), is_error })
    }
}
