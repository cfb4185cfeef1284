"""What tests of buying share."""

from fakes.buying import server as server
from fakes.buying import yard as yard
