def names(api):
    return [user['name'] for user in api('GET', '/users')]


def test_a_new_user_is_in_the_list(api):
    assert 'Grace' not in names(api)
    assert api('POST', '/users', {'name': 'Grace'})['id'] == 2
    assert 'Grace' in names(api)


def test_there_is_a_first_user(api):
    assert names(api)[0] == 'Ada'
