//! Questions about what was not typed.

use std::io::IsTerminal as _;

use crate::context::Context;

/// Asks at a terminal until there is an answer; elsewhere, takes what is usual.
pub fn asked<T: ToString>(
    question: &str,
    choices: &str,
    default: T,
    context: &mut Context,
    parse: impl Fn(&str) -> Option<T>,
) -> T {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return default;
    }
    let choices = if choices.is_empty() { String::new() } else { format!(" ({choices})") };
    let question = format!("{question}{choices} [{}]: ", default.to_string());
    loop {
        match context.shell.ask_for(&question).as_deref() {
            None | Some("") => return default,
            Some(typed) => match parse(typed) {
                Some(answer) => return answer,
                None => context.shell.warn(format_args!("`{typed}` cannot be taken")),
            },
        }
    }
}
