"""What registering, naming an account and choosing a password may be refused for."""

from idp.core.errors import DomainError


class InvalidPhone(DomainError):
    code = "invalid_phone"
    sentence = "请输入中国大陆的 11 位手机号。"
    field = "phone"


class PhoneTaken(DomainError):
    code = "phone_taken"
    sentence = "这个手机号已经注册，请直接登录。"
    field = "phone"


class NotForTestPeople(DomainError):
    """Who is nobody proves nothing, merges with nobody and represents nobody."""

    code = "not_for_test_people"
    sentence = "这是测试账户，不能办理这项业务。"
    status = 403


class UsernameTaken(DomainError):
    code = "username_taken"
    sentence = "这个账户名已被使用，请换一个。"
    field = "identifier"


class UsernameRefused(DomainError):
    code = "username_refused"
    sentence = "账户名为 4 至 32 个字符，可用汉字、字母、数字、下划线和连字符。"
    field = "identifier"


class UsernameLooksLikeNumber(UsernameRefused):
    code = "username_looks_like_number"
    sentence = "账户名不能全是数字，也不要使用证件号码。"


class UsernameReserved(UsernameRefused):
    code = "username_reserved"
    sentence = "这个账户名不能使用，请换一个。"


class PasswordRefused(DomainError):
    code = "password_refused"
    sentence = "这个密码不能使用，请换一个。"
    field = "password"


class PasswordTooShort(PasswordRefused):
    code = "too_short"
    sentence = "密码太短，请按输入框上方说明的长度重新设置。"


class PasswordUnchanged(PasswordRefused):
    code = "unchanged"
    sentence = "新密码和现在的密码一样，请换一个。"


class PasswordTooLong(PasswordRefused):
    code = "too_long"
    sentence = "密码太长，请不要超过 256 个字符。"


class PasswordTooCommon(PasswordRefused):
    code = "too_common"
    sentence = "很多人都在用这个密码，容易被猜中，请换一个。"


class PasswordTooGuessable(PasswordRefused):
    code = "too_guessable"
    sentence = "这个密码容易被猜中，请加长一些，或者换成几个不相关的词。"


class PasswordContainsPersonal(PasswordRefused):
    code = "contains_personal"
    sentence = "密码中不要包含您的账户名、手机号、姓名或证件号码。"


class PasswordTooFewClasses(PasswordRefused):
    code = "too_few_classes"
    sentence = "密码需要同时包含更多种类的字符：大写字母、小写字母、数字、符号。"


class LinkedElsewhere(DomainError):
    """Said to whoever has just signed in with the account elsewhere: it is theirs, but opens another account here."""

    code = "linked_elsewhere"
    sentence = "它已经关联了另一个账户。请用它直接登录那个账户，或先在那个账户的“登录与安全”中取消关联。"
    status = 409


class LastWayIn(DomainError):
    code = "last_way_in"
    sentence = "这是您登录这个账户的最后一种方式，不能取消。请先设置密码或关联另一种登录方式。"
    status = 409
