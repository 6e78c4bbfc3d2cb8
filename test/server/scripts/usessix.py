import sklearn.externals.six as six
from sklearn.externals.six import StringIO, iteritems, string_types, with_metaclass
from sklearn.externals.six.moves import cPickle as pickle
from sklearn.externals.six.moves import reduce, xrange, zip_longest
from sklearn.externals.six.moves.urllib.parse import quote
from sklearn.externals.six.moves.urllib.request import urlopen


class Meta(type):
    def __new__(cls, name, bases, namespace):
        namespace["made"] = (name, [base.__name__ for base in bases])
        return super().__new__(cls, name, bases, namespace)


class Base:
    pass


class Child(with_metaclass(Meta, Base)):
    pass


@six.add_metaclass(Meta)
class Decorated(Base):
    __slots__ = ("a",)


assert type(Child) is Meta
assert Child.made == ("Child", ["Base"])
assert Child.__mro__[1] is Base
assert type(Decorated) is Meta
assert Decorated.made == ("Decorated", ["Base"])
assert six.PY3 and not six.PY2
assert dict(iteritems({"a": 1})) == {"a": 1}
assert list(six.iterkeys({"a": 1})) == ["a"] and list(six.itervalues({"a": 1})) == [1]
assert isinstance("a", string_types) and isinstance(1, six.integer_types)
assert list(xrange(3)) == list(range(3)) == [0, 1, 2]
assert reduce(lambda a, b: a + b, [1, 2, 3]) == 6
assert list(zip_longest([1], [2, 3])) == [(1, 2), (None, 3)]
assert pickle.loads(pickle.dumps([1])) == [1]
assert six.moves.urllib.parse.quote("a b") == quote("a b") == "a%20b"
assert callable(urlopen)
assert (six.b("ä"), six.u("x"), six.int2byte(7)) == (b"\xe4", "x", b"\x07")
assert six.ensure_text(b"a") == six.ensure_str("a") == "a" and six.ensure_binary("a") == b"a"
assert StringIO("x").read() == "x"
try:
    six.raise_from(ValueError("outer"), KeyError("inner"))
except ValueError as error:
    assert isinstance(error.__cause__, KeyError)
    try:
        six.reraise(type(error), error, error.__traceback__)
    except ValueError as again:
        assert again is error
print("done")
