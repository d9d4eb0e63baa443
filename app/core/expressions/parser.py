"""Reads a condition: the part of MVEL that forms of MOSIP use, and nothing that could do anything.

Weakest to strongest: ``||`` (``or``); ``&&`` (``and``); ``== !=``; ``< > <= >= contains in``; ``!``; ``. [ ]``. The one
variable is asked as ``identity.x``, ``identity.get('x')``, ``identity['x']``, ``identity.containsKey('x')``, always with a key
that stands in the rule, so that what a rule reads is known before it runs. Values have ``size()``, ``length()``, ``isEmpty()``,
``contains(x)``, ``get('x')``, ``[0]``, ``.part``.

MVEL does not follow the usual precedence in chains such as ``a == b < c`` or ``a < b < c``; they are refused, parentheses say
what is meant. Assignment, arithmetic, ``?:``, ``;``, regular expressions, types and all other methods are refused.
"""

from __future__ import annotations

from app.core.expressions.evaluation import compiled
from app.core.expressions.expression import Expression
from app.core.expressions.nodes import Call, Compare, Empty, HasKey, Literal, Logic, Member, Node, Not, Read, keys_read
from app.core.expressions.tokens import Kind, Token, tokenize, unreadable

MAX_DEPTH = 40
"""Levels of the tree, and of parentheses."""
MAX_NODES = 2_000

_CONSTANTS: dict[str, Node] = {
    "true": Literal(value=True),
    "false": Literal(value=False),
    "null": Literal(value=None),
    "nil": Literal(value=None),
    "empty": Empty(),
}
_LOGIC = {"&&": "&&", "and": "&&", "||": "||", "or": "||"}
_WEAKEST, _AND, _EQUALITY, _RELATION = 1, 2, 3, 4
_POWER = {
    **dict.fromkeys(("||", "or"), _WEAKEST),
    **dict.fromkeys(("&&", "and"), _AND),
    **dict.fromkeys(("==", "!="), _EQUALITY),
    **dict.fromkeys(("<", ">", "<=", ">=", "contains", "in"), _RELATION),
}
_METHODS = frozenset(("size", "length", "isEmpty"))
_ALIEN_WORDS = frozenset(
    ("is", "instanceof", "strsim", "soundslike", "convertable_to", "new", "if", "foreach", "return", "def", "var")
)


def parse(text: str) -> Expression:
    """Reads a condition.

    Raises:
        ExpressionUnreadableError: if it is outside what is read, too long, too deep or too large.
    """
    tree = _Parser(text).whole()
    return Expression(text=text, reads=keys_read(tree), tree=tree, run=compiled(tree))


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokenize(text)
        self._at = 0
        self._descent = 0
        self._nodes = 0
        self._depths: dict[int, int] = {}
        self._kept: list[Node] = []

    def whole(self) -> Node:
        if self._is_at_end():
            raise self._error("it is empty")
        tree = self._binary(_WEAKEST)
        if not self._is_at_end():
            raise self._error(self._why_unexpected(self._token))
        if isinstance(tree, Empty):
            raise self._error("empty stands only beside == or !=")
        return tree

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _is_at_end(self) -> bool:
        return self._token.kind is Kind.END

    def _binary(self, weakest: int) -> Node:
        """An operand and all operators after it that bind at least so strongly."""
        begin = self._token
        left = self._unary()
        while (power := _POWER.get(self._word(), 0)) >= weakest:
            operator = self._word()
            if power == _RELATION:
                left = self._related(operator, left, begin)
            elif power == _EQUALITY:
                left = self._equated(operator, left)
            else:
                left = self._joined(_LOGIC[operator], power, left, begin)
        return left

    def _joined(self, operator: str, power: int, first: Node, begin: Token) -> Node:
        self._refuse_empty(first, begin)
        items = [first]
        while _LOGIC.get(self._word()) == operator:
            self._at += 1
            begin = self._token
            items.append(self._binary(power + 1))
            self._refuse_empty(items[-1], begin)
        return self._made(Logic(operator, tuple(items)), *items)

    def _equated(self, operator: str, left: Node) -> Node:
        self._at += 1
        begin = self._token
        right = self._unary()
        if _POWER.get(self._word()) == _RELATION:
            raise self._error("beside == or != it needs parentheses", begin)
        return self._made(Compare(operator, left, right), left, right)

    def _related(self, operator: str, left: Node, begin: Token) -> Node:
        self._refuse_empty(left, begin)
        self._at += 1
        begin = self._token
        right = self._unary()
        self._refuse_empty(right, begin)
        if _POWER.get(self._word()) == _RELATION:
            raise self._error("a chain of comparisons needs parentheses")
        return self._made(Compare(operator, left, right), left, right)

    def _refuse_empty(self, node: Node, at: Token) -> None:
        if isinstance(node, Empty):
            raise self._error("empty stands only beside == or !=", at)

    def _unary(self) -> Node:
        token = self._token
        if self._skip("!"):
            return self._negated()
        if token.kind is Kind.SIGN and token.text == "-":
            return self._negative()
        return self._postfix(self._primary())

    def _negated(self) -> Node:
        """After one ``!``; pairs of them cancel out, without a look at the value, as in MVEL."""
        is_negated = True
        while self._skip("!"):
            is_negated = not is_negated
        operand_token = self._token
        item = self._unary()
        self._refuse_empty(item, operand_token)
        if isinstance(item, Literal) and not isinstance(item.value, bool):
            raise self._error("! needs something that is true or false", operand_token)
        return self._made(Not(item), item) if is_negated else item

    def _negative(self) -> Node:
        self._at += 1
        value = self._token.value
        if self._token.kind is not Kind.NUMBER or not isinstance(value, int | float):
            raise self._error("a minus stands only before a number")
        self._at += 1
        return self._made(Literal(-value))

    def _primary(self) -> Node:
        token = self._token
        self._at += 1
        if token.kind in (Kind.TEXT, Kind.NUMBER):
            return self._made(Literal(token.value))
        if token.kind is Kind.NAME:
            return self._named(token)
        if token.text == "(":
            self._enter()
            inner = self._binary(_WEAKEST)
            self._expect(")")
            self._descent -= 1
            return inner
        self._at -= 1
        raise self._error(self._why_unexpected(token))

    def _named(self, token: Token) -> Node:
        if token.text in _CONSTANTS:
            return self._made(_CONSTANTS[token.text])
        if token.text != "identity":
            raise self._error("only identity is known here; texts stand in quotes", token)
        return self._read(token)

    def _read(self, token: Token) -> Node:
        if self._skip("["):
            key = self._key()
            self._expect("]")
            return self._made(Read(key))
        if not self._skip("."):
            raise self._error("of identity only single keys can be asked", token)
        name = self._name()
        if not self._skip("("):
            return self._made(Read(name.text))
        if name.text not in ("get", "containsKey"):
            raise self._error("identity has only get and containsKey here", name)
        key = self._key()
        self._expect(")")
        return self._made(Read(key) if name.text == "get" else HasKey(key))

    def _postfix(self, node: Node) -> Node:
        """A value and the parts and methods that are taken of it."""
        begin = self._token
        while True:
            if isinstance(node, Empty) and begin.text in (".", "["):
                raise self._error("empty stands only beside == or !=", begin)
            if self._skip("["):
                node = self._made(Member(node, self._part()), node)
                self._expect("]")
            elif self._skip("."):
                name = self._name()
                node = self._method(node, name) if self._skip("(") else self._made(Member(node, name.text), node)
            else:
                return node

    def _method(self, node: Node, name: Token) -> Node:
        if name.text in _METHODS:
            made = self._made(Call(node, name.text), node)
        elif name.text == "get":
            made = self._made(Member(node, self._part()), node)
        elif name.text == "contains":
            self._enter()
            begin = self._token
            item = self._binary(_WEAKEST)
            self._descent -= 1
            self._refuse_empty(item, begin)
            made = self._made(Compare("contains", node, item), node, item)
        else:
            raise self._error("this method cannot be used in a rule", name)
        self._expect(")")
        return made

    def _key(self) -> str:
        token = self._token
        after = self._tokens[self._at + 1] if token.kind is not Kind.END else token
        if token.kind is not Kind.TEXT or not isinstance(token.value, str) or after.text not in (")", "]"):
            raise self._error("the key must stand there as one text in quotes")
        self._at += 1
        return token.value

    def _part(self) -> str | int:
        token = self._token
        if token.kind is Kind.NUMBER and isinstance(token.value, int):
            self._at += 1
            return token.value
        return self._key()

    def _name(self) -> Token:
        token = self._token
        if token.kind is not Kind.NAME:
            raise self._error("a name is missing")
        self._at += 1
        return token

    def _word(self) -> str:
        """The operator that stands here, if one does; a text that only looks like one is none."""
        token = self._token
        return token.text if token.kind in (Kind.SIGN, Kind.NAME) else ""

    def _skip(self, sign: str) -> bool:
        token = self._token
        if token.kind is not Kind.SIGN or token.text != sign:
            return False
        self._at += 1
        return True

    def _expect(self, sign: str) -> None:
        if not self._skip(sign):
            raise self._error(f"{sign} is missing")

    def _enter(self) -> None:
        self._descent += 1
        if self._descent > MAX_DEPTH:
            raise self._error("it is nested too deeply")

    def _made(self, node: Node, *parts: Node) -> Node:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._error("it has too many parts")
        depth = 1 + max((self._depths.get(id(part), 1) for part in parts), default=0)
        if depth > MAX_DEPTH:
            raise self._error("it is nested too deeply")
        # Kept alive as long as its id is a key.
        self._kept.append(node)
        self._depths[id(node)] = depth
        return node

    def _why_unexpected(self, token: Token) -> str:
        if token.kind is Kind.END:
            return "something is missing at its end"
        if token.text in _ALIEN_WORDS:
            return "this part of MVEL cannot be used in a rule"
        if token.kind in (Kind.NAME, Kind.TEXT, Kind.NUMBER):
            return "an operator is missing before it"
        return "it cannot stand here"

    def _error(self, why: str, at: Token | None = None) -> Exception:
        return unreadable(self._text, (at or self._token).position, why)
