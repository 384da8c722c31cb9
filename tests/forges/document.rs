//! A YAML document as a value.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// Reads it. Text without quotes is text, but for what forges take for something else.
pub fn read(text: &str) -> Value {
    let mut events = Parser::new_from_str(text).map(|event| event.unwrap().0);
    let start = |event: &Event| {
        matches!(event, Event::MappingStart(..) | Event::SequenceStart(..) | Event::Scalar(..))
    };
    let first = events.find(start).unwrap();
    value(first, &mut events)
}

fn value<'a>(event: Event<'a>, events: &mut impl Iterator<Item = Event<'a>>) -> Value {
    match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) => match &*text {
            "true" => true.into(),
            "false" => false.into(),
            "" | "~" | "null" => Value::Null,
            text => text.into(),
        },
        Event::Scalar(text, ..) => text.into_owned().into(),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match events.next().unwrap() {
                    Event::SequenceEnd => return items.into(),
                    item => items.push(value(item, events)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut entries = Map::new();
            loop {
                match events.next().unwrap() {
                    Event::MappingEnd => return entries.into(),
                    key => {
                        let key = value(key, events);
                        let old = entries.insert(key.as_str().unwrap().to_owned(), {
                            let next = events.next().unwrap();
                            value(next, events)
                        });
                        assert!(old.is_none(), "{key} is there twice");
                    }
                }
            }
        }
        other => panic!("{other:?}"),
    }
}
