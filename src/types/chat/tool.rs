//! The tools that a model may call, and which of them it shall.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::{MapAccess, SeqAccess};
use serde_json::{Map, Number, Value};

use super::always;
use crate::types::open::{Open, deserialize_open, object, setters, strings, union};

union! {
    /// A tool that the model may call.
    pub enum Tool by "type" {
        /// A function, whose arguments are JSON.
        Function(FunctionTool) = "function",
        /// A tool whose input is a text.
        Custom(CustomTool) = "custom",
    }
}

object! {
    /// A function in the list of tools.
    pub struct FunctionTool {
        /// The function.
        pub function: Function,
    }
}

object! {
    /// A function that the model may call.
    pub struct Function {
        /// Its name: letters, digits, `_` and `-`.
        pub name: String,
        /// What it does, for the model.
        pub description: Option<String>,
        /// The JSON schema of its arguments; without one it takes none.
        #[serde(serialize_with = "crate::types::schema::in_order")]
        pub parameters: Option<Value>,
        /// Whether the arguments must follow the schema exactly; `false` by default.
        pub strict: Option<bool>,
    }
}

object! {
    /// A custom tool in the list of tools.
    pub struct CustomTool {
        /// The tool.
        pub custom: Custom,
    }
}

object! {
    /// A tool whose input is a text.
    pub struct Custom {
        /// Its name.
        pub name: String,
        /// What it does, for the model.
        pub description: Option<String>,
        /// Which texts it takes; any by default.
        pub format: Option<CustomFormat>,
    }
}

union! {
    /// Which texts a custom tool takes.
    pub enum CustomFormat by "type" {
        /// Any.
        Text(PlainFormat) = "text",
        /// Those of a grammar.
        Grammar(GrammarFormat) = "grammar",
    }
}

object! {
    /// Any text.
    pub struct PlainFormat {}
}

object! {
    /// The texts of a grammar.
    pub struct GrammarFormat {
        /// The grammar.
        pub grammar: Grammar,
    }
}

object! {
    /// A grammar.
    pub struct Grammar {
        /// The grammar itself.
        pub definition: String,
        /// The language that it is written in.
        pub syntax: Option<GrammarSyntax>,
    }
}

strings! {
    /// A language of grammars.
    pub enum GrammarSyntax {
        /// A context-free grammar for Lark.
        Lark = "lark",
        /// A regular expression.
        Regex = "regex",
    }
}

/// Whether the model shall call tools, and which.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum ToolChoice {
    /// Whether at all.
    Mode(ToolMode),
    /// This tool, or one of these.
    Named(NamedTool),
}

strings! {
    /// Whether the model calls tools.
    pub enum ToolMode {
        /// It calls none.
        None = "none",
        /// It decides.
        Auto = "auto",
        /// It calls one or more.
        Required = "required",
    }
}

union! {
    /// The tools that the model is bound to.
    pub enum NamedTool by "type" {
        /// It calls this function.
        Function(FunctionChoice) = "function",
        /// It calls this custom tool.
        Custom(CustomChoice) = "custom",
        /// It calls none but these.
        AllowedTools(AllowedToolsChoice) = "allowed_tools",
    }
}

object! {
    /// The function that the model shall call.
    pub struct FunctionChoice {
        /// The function.
        pub function: ToolName,
    }
}

object! {
    /// The custom tool that the model shall call.
    pub struct CustomChoice {
        /// The tool.
        pub custom: ToolName,
    }
}

object! {
    /// A tool by its name.
    pub struct ToolName {
        /// Its name.
        pub name: String,
    }
}

object! {
    /// The tools that the model may call.
    pub struct AllowedToolsChoice {
        /// The tools.
        pub allowed_tools: AllowedTools,
    }
}

object! {
    /// The tools that the model may call.
    pub struct AllowedTools {
        /// Whether it decides to call one (`auto`), or must (`required`).
        pub mode: Option<ToolMode>,
        /// The tools, each as its type and name.
        pub tools: Vec<Value>,
    }
}

/// Which function the model shall call. Deprecated by OpenAI for [`ToolChoice`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum FunctionCallChoice {
    /// Whether at all.
    Mode(ToolMode),
    /// This function.
    Function(ToolName),
}

always!(Function, Custom, Grammar, ToolName, AllowedTools);

impl Tool {
    /// A function, by its name and the JSON schema of its arguments.
    pub fn function(name: impl Into<String>, parameters: impl Into<Value>) -> Self {
        Self::Function(FunctionTool {
            function: Function {
                name: name.into(),
                parameters: Some(parameters.into()),
                ..Function::default()
            },
            extra: Map::new(),
        })
    }

    /// A tool whose input is a text.
    pub fn custom(name: impl Into<String>) -> Self {
        Self::Custom(CustomTool {
            custom: Custom {
                name: name.into(),
                ..Custom::default()
            },
            extra: Map::new(),
        })
    }

    /// Says what the tool does. Does nothing to an unknown tool.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        match &mut self {
            Self::Function(tool) => tool.function.description = Some(description.into()),
            Self::Custom(tool) => tool.custom.description = Some(description.into()),
            Self::Unknown(_) => {}
        }
        self
    }

    /// Whether the arguments must follow the schema exactly. Does nothing to a tool that is no function.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        if let Self::Function(tool) = &mut self {
            tool.function.strict = Some(strict);
        }
        self
    }

    /// Which texts a custom tool takes. Does nothing to any other tool.
    #[must_use]
    pub fn format(mut self, format: impl Into<CustomFormat>) -> Self {
        if let Self::Custom(tool) = &mut self {
            tool.custom.format = Some(format.into());
        }
        self
    }

    /// The tool's name; `None` for an unknown tool.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Function(tool) => Some(&tool.function.name),
            Self::Custom(tool) => Some(&tool.custom.name),
            Self::Unknown(_) => None,
        }
    }
}

setters! {
    Function {
        value { strict: bool, }
        into { description: String, }
    }
}

impl Function {
    /// A function, by its name and the JSON schema of its arguments.
    pub fn new(name: impl Into<String>, parameters: impl Into<Value>) -> Self {
        Self {
            name: name.into(),
            parameters: Some(parameters.into()),
            ..Self::default()
        }
    }
}

impl From<Function> for Tool {
    fn from(function: Function) -> Self {
        Self::Function(FunctionTool {
            function,
            extra: Map::new(),
        })
    }
}

impl CustomFormat {
    /// The texts of a grammar.
    pub fn grammar(definition: impl Into<String>, syntax: impl Into<GrammarSyntax>) -> Self {
        Self::Grammar(GrammarFormat {
            grammar: Grammar {
                definition: definition.into(),
                syntax: Some(syntax.into()),
                extra: Map::new(),
            },
            extra: Map::new(),
        })
    }
}

impl ToolChoice {
    /// The model calls no tool.
    pub fn none() -> Self {
        Self::Mode(ToolMode::None)
    }

    /// The model decides.
    pub fn auto() -> Self {
        Self::Mode(ToolMode::Auto)
    }

    /// The model calls one tool or more.
    pub fn required() -> Self {
        Self::Mode(ToolMode::Required)
    }

    /// The model calls this function.
    pub fn function(name: impl Into<String>) -> Self {
        Self::Named(NamedTool::Function(FunctionChoice {
            function: ToolName::from(name.into()),
            extra: Map::new(),
        }))
    }

    /// The model calls this custom tool.
    pub fn custom(name: impl Into<String>) -> Self {
        Self::Named(NamedTool::Custom(CustomChoice {
            custom: ToolName::from(name.into()),
            extra: Map::new(),
        }))
    }

    /// The model calls none but these tools, each given as its type and name.
    pub fn allowed(mode: impl Into<ToolMode>, tools: impl IntoIterator<Item = Value>) -> Self {
        Self::Named(NamedTool::AllowedTools(AllowedToolsChoice {
            allowed_tools: AllowedTools {
                mode: Some(mode.into()),
                tools: tools.into_iter().collect(),
                extra: Map::new(),
            },
            extra: Map::new(),
        }))
    }
}

impl From<ToolMode> for ToolChoice {
    fn from(mode: ToolMode) -> Self {
        Self::Mode(mode)
    }
}

/// A mode: `none`, `auto`, `required`. A tool is [`ToolChoice::function`] or [`ToolChoice::custom`].
impl From<&str> for ToolChoice {
    fn from(mode: &str) -> Self {
        Self::Mode(mode.into())
    }
}

impl From<NamedTool> for ToolChoice {
    fn from(tool: NamedTool) -> Self {
        Self::Named(tool)
    }
}

impl From<String> for ToolName {
    fn from(name: String) -> Self {
        Self {
            name,
            extra: Map::new(),
        }
    }
}

impl From<&str> for ToolName {
    fn from(name: &str) -> Self {
        name.to_owned().into()
    }
}

/// A mode: `none`, `auto`. A function is given as its [`ToolName`].
impl From<&str> for FunctionCallChoice {
    fn from(mode: &str) -> Self {
        Self::Mode(mode.into())
    }
}

impl From<ToolMode> for FunctionCallChoice {
    fn from(mode: ToolMode) -> Self {
        Self::Mode(mode)
    }
}

impl From<ToolName> for FunctionCallChoice {
    fn from(name: ToolName) -> Self {
        Self::Function(name)
    }
}

impl Open for ToolChoice {
    fn from_bool(value: bool) -> Option<Self> {
        NamedTool::from_bool(value).map(Self::Named)
    }

    fn from_number(number: Number) -> Option<Self> {
        NamedTool::from_number(number).map(Self::Named)
    }

    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        ToolMode::from_text(text).map(Self::Mode)
    }

    fn from_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Option<Self>, A::Error> {
        Ok(NamedTool::from_list(list)?.map(Self::Named))
    }

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(NamedTool::from_object(object)?.map(Self::Named))
    }
}

impl Open for FunctionCallChoice {
    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        ToolMode::from_text(text).map(Self::Mode)
    }

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(ToolName::from_object(object)?.map(Self::Function))
    }
}

deserialize_open!(ToolChoice);
deserialize_open!(FunctionCallChoice);
