from eid.vietnam.place_codes import is_assigned, is_beyond_provinces, places, units


def test_there_are_63_places_and_34_units() -> None:
    assert (len(places()), len(units())) == (63, 34)


def test_every_place_lies_in_a_unit_of_today() -> None:
    assert {place.unit for place in places().values()} == set(units())


def test_the_two_name_spaces_are_never_padded_into_each_other() -> None:
    assert (units()["15"].latin, places()["015"].latin, places()["010"].latin) == (
        "Lao Cai",
        "Yen Bai",
        "Lao Cai",
    )
    assert places()["010"].unit == "15"


def test_the_codes_that_are_often_told_wrong() -> None:
    assert (places()["074"].latin, places()["001"].latin, places()["096"].latin) == (
        "Binh Duong",
        "Ha Noi",
        "Ca Mau",
    )
    assert not is_assigned("003")
    assert is_beyond_provinces("097")
    assert not is_beyond_provinces("096")
