"""The grid room: the distribution network and its meters. Advisory only: nothing here can switch anything."""
