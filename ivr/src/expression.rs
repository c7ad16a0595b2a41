//! Expressions of the Common Expression Language in flows.

use crate::api::ExpressionError;
use crate::scope::{self, QueueReads, Value};
use cel::common::ast::{EntryExpr, Expr, IdedEntryExpr, IdedExpr, LiteralValue, SourceInfo};
use cel::{ExecutionError, Program};
use domain::QueueId;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Functions that an expression may call, beside operators and the macros `has`, `all`, `exists`, `exists_one`, `map`
/// and `filter`. There is none that reads a clock.
pub const FUNCTIONS: &[&str] = &[
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "string",
    "int",
    "uint",
    "double",
    "bool",
    "bytes",
    "dyn",
    "type",
    "hasValue",
    "value",
    "or",
    "orValue",
    "optional.of",
    "optional.none",
    "optional.ofNonZeroValue",
];

/// What the expressions of one flow may name.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Variables that nodes set.
    pub variables: BTreeSet<String>,
    /// Nodes that take digits.
    pub digits: BTreeSet<String>,
    /// Variables and nodes that hold masked digits, which no expression may read.
    pub masked: BTreeSet<String>,
    /// Queues.
    pub queues: BTreeSet<String>,
}

/// Something wrong with the text of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionFlaw {
    /// The byte of the text at which it shows.
    pub offset: usize,
    /// What is wrong.
    pub why: String,
    /// A name that is not known, with the ones that would be.
    pub known: Option<(String, Vec<String>)>,
    /// It reads masked digits.
    pub is_masked: bool,
}

/// Compiles the expressions of one flow.
pub struct Compiler {
    env: Arc<cel::Env>,
    names: Names,
}

impl Compiler {
    /// A compiler for expressions that may name these things.
    #[must_use]
    pub fn new(names: Names) -> Self {
        Self { env: Arc::new(cel::Env::stdlib()), names }
    }

    /// Compiles a text.
    ///
    /// # Errors
    /// Every flaw of it: syntax, or names that are not known.
    pub fn compile(&self, text: &str) -> Result<Expression, Vec<ExpressionFlaw>> {
        let program = self.env.compile(text).map_err(|errors| {
            let flaw = |error: &cel::ParseError| ExpressionFlaw {
                offset: offset_of(text, error.pos),
                why: first_line(&error.msg),
                known: None,
                is_masked: false,
            };
            errors.errors.iter().map(flaw).collect::<Vec<_>>()
        })?;
        let mut walk = Walk {
            names: &self.names,
            source: program.source_info(),
            bound: Vec::new(),
            flaws: Vec::new(),
            reads: QueueReads::default(),
        };
        walk.expression(program.expression());
        if !walk.flaws.is_empty() {
            return Err(walk.flaws);
        }
        let reads = walk.reads;
        Ok(Expression { text: text.to_owned(), program: Arc::new(program), env: Arc::clone(&self.env), reads })
    }
}

/// A compiled expression.
#[derive(Clone)]
pub struct Expression {
    text: String,
    program: Arc<Program>,
    env: Arc<cel::Env>,
    reads: QueueReads,
}

impl Expression {
    /// The text it was compiled from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it reads of `queues`.
    pub(crate) fn reads(&self) -> &QueueReads {
        &self.reads
    }

    /// Its value.
    pub(crate) fn value(&self, scope: &scope::Scope) -> Result<Value, ExpressionError> {
        let mut context = cel::Context::with_env(Arc::clone(&self.env));
        for (name, value) in scope.variables() {
            context.add_variable_from_value(name, value);
        }
        let value = self.program.execute(&context).map_err(|error| cause(&error))?;
        Value::from_cel(&value).ok_or(ExpressionError::WrongKind)
    }

    /// Whether it is true.
    pub(crate) fn holds(&self, scope: &scope::Scope) -> Result<bool, ExpressionError> {
        match self.value(scope)? {
            Value::Bool(holds) => Ok(holds),
            _ => Err(ExpressionError::WrongKind),
        }
    }
}

/// Expressions with the same text; they mean the same within one flow.
impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Expression {}

impl core::fmt::Debug for Expression {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Expression({:?})", self.text)
    }
}

/// The library's error texts hold values, which may be personal: only the kind is kept.
fn cause(error: &ExecutionError) -> ExpressionError {
    match error {
        ExecutionError::NoSuchKey(_) | ExecutionError::IndexOutOfBounds(_) => ExpressionError::NoSuchKey,
        ExecutionError::UndeclaredReference(_) => ExpressionError::NoSuchName,
        ExecutionError::NoSuchOverload(_)
        | ExecutionError::UnexpectedType { .. }
        | ExecutionError::ValuesNotComparable(..)
        | ExecutionError::UnsupportedTargetType { .. }
        | ExecutionError::UnsupportedIndex(..)
        | ExecutionError::UnsupportedBinaryOperator(..) => ExpressionError::Types,
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) | ExecutionError::Overflow(..) => {
            ExpressionError::Arithmetic
        }
        _ => ExpressionError::Other,
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}

/// The byte offset of a line and column that count from one.
fn offset_of(text: &str, (line, column): (isize, isize)) -> usize {
    let line = usize::try_from(line - 1).unwrap_or(0);
    let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let column = usize::try_from(column - 1).unwrap_or(0);
    let rest = text.get(before..).unwrap_or_default();
    before + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
}

/// Looks for names that are not known, and for what is read of `queues`.
struct Walk<'a> {
    names: &'a Names,
    source: &'a SourceInfo,
    bound: Vec<String>,
    flaws: Vec<ExpressionFlaw>,
    reads: QueueReads,
}

impl Walk<'_> {
    fn expression(&mut self, node: &IdedExpr) {
        match &node.expr {
            Expr::Unspecified | Expr::Literal(_) => {}
            Expr::Ident(name) => self.root(name, node.id),
            Expr::Select(select) => {
                if !self.field(&select.operand, &select.field, node.id) {
                    self.expression(&select.operand);
                }
            }
            Expr::Call(call) => self.call(call, node.id),
            Expr::List(list) => list.elements.iter().for_each(|element| self.expression(element)),
            Expr::Map(map) => self.entries(&map.entries),
            Expr::Struct(fields) => self.entries(&fields.entries),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
        }
    }

    fn call(&mut self, call: &cel::common::ast::CallExpr, id: u64) {
        let operator = |c: char| !c.is_ascii_alphanumeric() && c != '.';
        let name = call.func_name.as_str();
        // `optional.of(x)` is parsed as a call of `of` on `optional`.
        let spelled = match call.target.as_deref().map(|target| &target.expr) {
            Some(Expr::Ident(space)) if space == "optional" => format!("optional.{name}"),
            _ => name.to_owned(),
        };
        if !name.starts_with(operator) && !name.contains("[") && !FUNCTIONS.contains(&spelled.as_str()) {
            self.unknown(id, "function", name, FUNCTIONS.iter().map(ToString::to_string).collect());
        }
        if let ("_[_]", [operand, IdedExpr { expr: Expr::Literal(LiteralValue::String(key)), id }]) =
            (name, &call.args[..])
        {
            if !self.field(operand, key.inner(), *id) {
                self.expression(operand);
            }
            return;
        }
        if let Some(target) = call.target.as_deref().filter(|_| !spelled.starts_with("optional.")) {
            self.expression(target);
        }
        call.args.iter().for_each(|argument| self.expression(argument));
    }

    fn entries(&mut self, entries: &[IdedEntryExpr]) {
        for entry in entries {
            match &entry.expr {
                EntryExpr::StructField(field) => self.expression(&field.value),
                EntryExpr::MapEntry(pair) => {
                    self.expression(&pair.key);
                    self.expression(&pair.value);
                }
            }
        }
    }

    fn comprehension(&mut self, comprehension: &cel::common::ast::ComprehensionExpr) {
        self.expression(&comprehension.iter_range);
        self.expression(&comprehension.accu_init);
        let depth = self.bound.len();
        self.bound.extend([comprehension.iter_var.clone(), comprehension.accu_var.clone()]);
        self.bound.extend(comprehension.iter_var2.clone());
        self.expression(&comprehension.loop_cond);
        self.expression(&comprehension.loop_step);
        self.expression(&comprehension.result);
        self.bound.truncate(depth);
    }

    fn root(&mut self, name: &str, id: u64) {
        let type_name = FUNCTIONS.contains(&name) || matches!(name, "null_type" | "list" | "map");
        let is_bound = self.bound.iter().any(|bound| bound == name);
        self.reads.all |= name == "queues" && !is_bound;
        if !scope::ROOTS.contains(&name) && !type_name && !is_bound {
            self.unknown(id, "variable", name, scope::ROOTS.iter().map(ToString::to_string).collect());
        }
    }

    /// Checks `root.field` and `queues.id.field`; false if the operand is something else, to be looked at itself.
    fn field(&mut self, operand: &IdedExpr, field: &str, id: u64) -> bool {
        if let Expr::Ident(root) = &operand.expr {
            if self.bound.contains(root) {
                return true;
            }
            let Some(known) = self.fields_of(root) else { return false };
            if matches!(root.as_str(), "vars" | "digits") && self.names.masked.contains(field) {
                let (offset, why) =
                    (self.place(id), format!("`{field}` holds masked digits, which nothing may say or read"));
                self.flaws.push(ExpressionFlaw { offset, why, known: None, is_masked: true });
                return true;
            }
            if !known.iter().any(|name| name == field) {
                self.unknown(id, &format!("`{root}` field"), field, known);
            }
            if root == "queues" {
                self.read(field, scope::QUEUE_FIELDS);
            }
            return true;
        }
        if !self.is_queue(operand) {
            return false;
        }
        if !scope::QUEUE_FIELDS.contains(&field) {
            self.unknown(id, "queue figure", field, scope::QUEUE_FIELDS.iter().map(ToString::to_string).collect());
        }
        self.named_queue(operand, field)
    }

    /// Notes the figure if the queue is named; false if it is to be looked for.
    fn named_queue(&mut self, operand: &IdedExpr, figure: &str) -> bool {
        let (name, id) = match &operand.expr {
            Expr::Select(select) => (select.field.as_str(), operand.id),
            Expr::Call(call) => match call.args.get(1) {
                Some(IdedExpr { expr: Expr::Literal(LiteralValue::String(key)), id }) => (key.inner(), *id),
                _ => return false,
            },
            _ => return false,
        };
        if !self.names.queues.contains(name) {
            self.unknown(id, "`queues` field", name, self.names.queues.iter().cloned().collect());
        }
        self.read(name, &[figure]);
        true
    }

    fn read(&mut self, queue: &str, fields: &[&str]) {
        let Ok(queue) = queue.parse::<QueueId>() else { return };
        let figures = fields.iter().filter_map(|field| scope::queue_field(field));
        self.reads.figures.extend(figures.map(|figure| (queue, figure)));
    }

    fn is_queue(&self, operand: &IdedExpr) -> bool {
        let of = match &operand.expr {
            Expr::Select(select) => &select.operand.expr,
            Expr::Call(call) if call.func_name == "_[_]" => match call.args.first() {
                Some(first) => &first.expr,
                None => return false,
            },
            _ => return false,
        };
        matches!(of, Expr::Ident(root) if root == "queues") && !self.bound.iter().any(|bound| bound == "queues")
    }

    fn fields_of(&self, root: &str) -> Option<Vec<String>> {
        let fixed = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect());
        match root {
            "caller" => fixed(scope::CALLER_FIELDS),
            "customer" => fixed(scope::CUSTOMER_FIELDS),
            "time" => fixed(scope::TIME_FIELDS),
            "digits" => Some(self.names.digits.iter().cloned().collect()),
            "vars" => Some(self.names.variables.iter().cloned().collect()),
            "queues" => Some(self.names.queues.iter().cloned().collect()),
            _ => None,
        }
    }

    fn unknown(&mut self, id: u64, what: &str, name: &str, known: Vec<String>) {
        let (offset, why) = (self.place(id), format!("unknown {what} `{name}`"));
        self.flaws.push(ExpressionFlaw { offset, why, known: Some((name.to_owned(), known)), is_masked: false });
    }

    /// The byte at which a part of the expression begins.
    fn place(&self, id: u64) -> usize {
        let offset = self.source.offset_for(id).map_or(0, |(start, _)| start as usize);
        self.source.source.char_indices().nth(offset).map_or(0, |(at, _)| at)
    }
}
