"""What tests of watching share with those of buying."""

from fakes.buying import server as server
from fakes.buying import yard as yard
