//! Calls of an exported function of a core module, with arguments as they are typed.

use wasmtime::{ExternType, FuncType, Instance, Module, Store, Val, ValType};

use crate::host::Host;
use crate::{Call, Error, Exit};

/// A call whose function is there, and whose arguments fit.
pub(crate) struct Prepared {
    function: String,
    arguments: Vec<Val>,
    results: usize,
}

/// Looks the function up, and reads the arguments as its type says.
pub(crate) fn prepare(module: &Module, call: &Call) -> Result<Prepared, Error> {
    let Call { function, arguments } = call;
    let Some(ExternType::Func(of_function)) = module.get_export(function) else {
        let exports = module.exports().filter_map(|export| match export.ty() {
            ExternType::Func(of_function) => Some(signature(export.name(), &of_function)),
            _ => None,
        });
        let exported = exports.collect();
        return Err(Error::NoFunction { function: function.clone(), several: false, exported });
    };
    let refused = |problem| Error::Arguments { signature: signature(function, &of_function), problem };
    check_count(of_function.params().len(), arguments.len()).map_err(refused)?;
    let typed = of_function.params().zip(arguments);
    let arguments = typed.map(|(parameter, typed)| {
        parse(&parameter, typed).ok_or_else(|| refused(format!("`{typed}` is no {parameter}")))
    });
    Ok(Prepared {
        function: function.clone(),
        arguments: arguments.collect::<Result<_, _>>()?,
        results: of_function.results().len(),
    })
}

/// That there are as many arguments as parameters.
pub(crate) fn check_count(parameters: usize, arguments: usize) -> Result<(), String> {
    if parameters == arguments {
        Ok(())
    } else {
        Err(format!("it takes {parameters}, and {arguments} were given"))
    }
}

impl Prepared {
    pub(crate) fn make(self, store: &mut Store<Host>, instance: &Instance) -> wasmtime::Result<Exit> {
        let function = instance.get_func(&mut *store, &self.function).expect("it was looked up");
        let mut results = vec![Val::I32(0); self.results];
        function.call(store, &self.arguments, &mut results)?;
        Ok(Exit::Returned { values: results.iter().map(shown).collect(), is_error: false })
    }
}

/// `add(i32, i32) -> i32`
fn signature(name: &str, of_function: &FuncType) -> String {
    let types = |types: &mut dyn Iterator<Item = ValType>| {
        types.map(|one| one.to_string()).collect::<Vec<_>>().join(", ")
    };
    let parameters = types(&mut of_function.params());
    match of_function.results().len() {
        0 => format!("{name}({parameters})"),
        1 => format!("{name}({parameters}) -> {}", types(&mut of_function.results())),
        _ => format!("{name}({parameters}) -> ({})", types(&mut of_function.results())),
    }
}

/// A number with or without a sign, in decimal or hexadecimal digits.
fn parse(parameter: &ValType, typed: &str) -> Option<Val> {
    let integer = || {
        let (sign, number) = typed.strip_prefix('-').map_or((1, typed), |number| (-1, number));
        let number: u128 = match number.strip_prefix("0x") {
            Some(digits) if !digits.starts_with('+') => u128::from_str_radix(digits, 16).ok()?,
            Some(_) => return None,
            None => number.parse().ok()?,
        };
        Some(sign * i128::try_from(number).ok()?)
    };
    // The instruction decides whether a number has a sign, so both are taken.
    match parameter {
        ValType::I32 => {
            let number = integer()?;
            let signed = i32::try_from(number).ok();
            signed.or_else(|| u32::try_from(number).ok().map(u32::cast_signed)).map(Val::I32)
        }
        ValType::I64 => {
            let number = integer()?;
            let signed = i64::try_from(number).ok();
            signed.or_else(|| u64::try_from(number).ok().map(u64::cast_signed)).map(Val::I64)
        }
        ValType::F32 => typed.parse::<f32>().ok().map(|number| Val::F32(number.to_bits())),
        ValType::F64 => typed.parse::<f64>().ok().map(|number| Val::F64(number.to_bits())),
        ValType::V128 | ValType::Ref(_) => None,
    }
}

fn shown(value: &Val) -> String {
    match value {
        Val::I32(number) => number.to_string(),
        Val::I64(number) => number.to_string(),
        Val::F32(bits) => f32::from_bits(*bits).to_string(),
        Val::F64(bits) => f64::from_bits(*bits).to_string(),
        Val::V128(number) => format!("{:#034x}", number.as_u128()),
        reference => {
            if reference.ref_().is_some_and(|reference| reference.is_null()) { "null" } else { "a reference" }
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_their_type_says() {
        let read = |parameter: &ValType, typed| parse(parameter, typed).map(|value| shown(&value));
        for (typed, i32, i64, f32) in [
            ("7", Some("7"), Some("7"), Some("7")),
            ("-1", Some("-1"), Some("-1"), Some("-1")),
            ("4294967295", Some("-1"), Some("4294967295"), Some("4294967300")),
            ("0xff", Some("255"), Some("255"), None),
            ("-0x5", Some("-5"), Some("-5"), None),
            ("0x-5", None, None, None),
            ("--1", None, None, None),
            ("18446744073709551615", None, Some("-1"), Some("18446744000000000000")),
            ("1.5", None, None, Some("1.5")),
            ("", None, None, None),
            ("seven", None, None, None),
        ] {
            assert_eq!(read(&ValType::I32, typed).as_deref(), i32, "{typed}");
            assert_eq!(read(&ValType::I64, typed).as_deref(), i64, "{typed}");
            assert_eq!(read(&ValType::F32, typed).as_deref(), f32, "{typed}");
            assert_eq!(read(&ValType::V128, typed), None);
        }
    }
}
