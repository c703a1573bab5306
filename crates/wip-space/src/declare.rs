//! Declarations: a type, its reader and its JSON Schema from one place.
//!
//! Owns the macros only; what the readers do is `read`'s and `form`'s.

/// Declares a map with fixed fields: the type, its reader and its JSON Schema.
/// `[default]` before a field makes it optional; `!` before a name says why it is not taken.
macro_rules! record {
    (
        $(#[$meta:meta])*
        $name:ident {
            $( $(#[$field_meta:meta])* $([$default:ident])? $key:literal $field:ident : $type:ty, )*
            $( ! $refused:literal => $code:ident, $help:literal; )*
        }
    ) => {
        #[derive(Clone, Debug, schemars::JsonSchema)]
        #[schemars(deny_unknown_fields)]
        $(#[$meta])*
        pub(crate) struct $name {
            $(
                $(#[$field_meta])*
                #[schemars(rename = $key $(, $default)?)]
                pub(crate) $field: $crate::read::Field<$type>,
            )*
            /// Whether something in it was wrong: then what seems to be absent may be misspelt.
            #[schemars(skip)]
            pub(crate) flawed: bool,
        }

        impl $crate::read::Read for $name {
            fn read(
                node: &$crate::tree::Node,
                problems: &mut $crate::problem::Problems,
            ) -> Option<Self> {
                const KNOWN: &[&str] = &[$($key),*];
                const REFUSED: &[$crate::read::Refused] = &[
                    $( $crate::read::Refused { name: $refused, code: $crate::Code::$code, help: $help } ),*
                ];
                let before = problems.count();
                let fields = $crate::read::Fields::open(node, KNOWN, REFUSED, problems)?;
                let mut read = Self {
                    flawed: false,
                    $( $field: fields.field(
                        $key,
                        <[&str]>::concat(&[$(stringify!($default))?]) == "default",
                        problems,
                    ), )*
                };
                read.flawed = problems.count() > before;
                Some(read)
            }
        }
    };
}

/// Declares one of some words: the type, its reader and its JSON Schema.
/// `!` before a word says why it is not taken.
macro_rules! choice {
    (
        $(#[$meta:meta])*
        $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident = $word:literal, )*
            $( ! $refused:literal => $code:ident, $help:literal; )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, schemars::JsonSchema)]
        pub(crate) enum $name {
            $( $(#[$variant_meta])* #[schemars(rename = $word)] $variant, )*
        }

        impl $crate::read::Read for $name {
            fn read(
                node: &$crate::tree::Node,
                problems: &mut $crate::problem::Problems,
            ) -> Option<Self> {
                const REFUSED: &[$crate::read::Refused] = &[
                    $( $crate::read::Refused { name: $refused, code: $crate::Code::$code, help: $help } ),*
                ];
                $crate::read::choose(node, &[$(($word, Self::$variant)),*], REFUSED, problems)
            }
        }
    };
}

/// Declares a text of a known form: the type, its reader and its JSON Schema.
///
/// `pattern` is both what the reader checks and what the schema says; `check` says more of a
/// text than a pattern can, and comes first.
macro_rules! text {
    (
        $(#[doc = $doc:literal])+
        $name:ident {
            code: $code:ident,
            what: $what:literal,
            pattern: $pattern:literal,
            help: $help:literal,
            $( check: $check:expr, )?
            $( wildcards: $wildcards:expr, )?
            $( examples: $examples:expr, )?
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name(String);

        impl std::ops::Deref for $name {
            type Target = str;
            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl $crate::form::Text for $name {
            fn parse(
                text: &str,
                span: &std::ops::Range<usize>,
                problems: &mut $crate::problem::Problems,
            ) -> Option<Self> {
                static PATTERN: $crate::form::Pattern = $crate::form::Pattern::new($pattern);
                let form = $crate::form::Form {
                    code: $crate::Code::$code,
                    what: $what,
                    help: $help,
                    pattern: &PATTERN,
                    checks: &[$($check)?],
                    wildcards: <[&str]>::concat(&[$($wildcards)?]) == "allowed",
                };
                form.check(text, span, problems).then(|| Self(text.to_owned()))
            }
        }

        impl $crate::read::Read for $name {
            fn read(
                node: &$crate::tree::Node,
                problems: &mut $crate::problem::Problems,
            ) -> Option<Self> {
                let text = $crate::read::text_of(node, problems)?;
                <Self as $crate::form::Text>::parse(text, &node.span, problems)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "description": concat!($($doc, "\n"),+).trim(),
                    "pattern": $pattern,
                    $( "examples": $examples, )?
                })
            }
        }
    };
}

pub(crate) use {choice, record, text};
