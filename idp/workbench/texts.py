"""The workbench's words for codes: Chinese is the source text, English stands in the catalogue beside it."""

from typing import Final


def word(text: str) -> str:
    """Marks a text for the catalogue; it is looked up where it is shown."""
    return text


KINDS: Final = {
    "server": (word("网站（有服务器）"), word("页面由服务器生成，服务器能保管密码或密钥。大多数政务网站是这一种。")),
    "page": (word("单页应用"), word("只有浏览器里的脚本，不能保管密码。用授权码加 PKCE 登录。")),
    "native": (word("手机或桌面应用"), word("安装在用户自己的设备上，不能保管密码。用授权码加 PKCE 登录。")),
    "device": (word("没有浏览器的设备"), word("自助终端、电视等。屏幕显示一个码，用户在手机上确认。")),
    "service": (word("后台服务"), word("以应用自己的名义调用接口，没有用户登录。")),
}
MODES: Final = {"test": word("测试"), "live": word("正式")}
STATES: Final = {"active": word("正常"), "disabled": word("已停用"), "deleted": word("已删除")}
ROLES: Final = {
    "legal_representative": word("法定代表人"),
    "administrator": word("单位管理员"),
    "agent": word("经办人"),
}
METHODS: Final = {
    "client_secret_basic": word("密码"),
    "client_secret_post": word("密码（放在表单里）"),
    "client_secret_jwt": word("用密码签名的断言"),
    "private_key_jwt": word("自己的密钥"),
    "tls_client_auth": word("客户端证书"),
    "self_signed_tls_client_auth": word("自签名证书"),
    "none": word("不证明自己（PKCE）"),
}
BASES: Final = {"consent": word("本人同意"), "statutory_duty": word("法定职责")}
SERVES: Final = {"people": word("个人"), "organisations": word("单位"), "both": word("个人和单位")}
SCOPES: Final = {
    "profile": (word("账户名和公开资料"), word("账户名、昵称、性别、出生日期等，已实名的包括姓名")),
    "realname": (word("实名信息"), word("姓名、公民身份号码、出生日期、性别，均已核验")),
    "verified": (word("核验证明"), word("由谁在什么时候按什么方式核验的身份信息")),
    "legal": (word("代表的单位"), word("单位名称、统一社会信用代码、类型、法定代表人、本人身份和期限")),
    "phone": (word("手机号"), word("已验证的手机号")),
    "email": (word("电子邮箱"), word("用户填写的电子邮箱")),
    "address": (word("联系地址"), word("用户填写的联系地址")),
    "offline_access": (word("离开后继续更新"), word("用户不在时也能更新以上信息")),
}
LEVELS: Final = {
    "": word("不要求"),
    "ial1": word("已实名：姓名和号码与登记一致"),
    "ial2": word("已实人核验：本人刷脸或同等方式"),
    "ial3": word("已当面或凭证书核验"),
}
MEMBERS: Final = {
    "client_name": word("名称"),
    "about": word("用途"),
    "client_uri": word("首页地址"),
    "initiate_login_uri": word("登录入口地址"),
    "redirect_uris": word("回调地址"),
    "post_logout_redirect_uris": word("退出后返回的地址"),
    "backchannel_logout_uri": word("退出通知地址"),
    "request_uris": word("请求地址"),
    "frontchannel_logout_uri": word("浏览器退出地址"),
    "jwks_uri": word("公钥地址"),
    "jwks": word("公钥"),
    "purposes": word("信息用途"),
    "legal_bases": word("法律依据"),
    "public_subject_reason": word("使用统一编号的理由"),
    "scope": word("需要的信息"),
    "subject_type": word("用户编号"),
    "token_endpoint_auth_method": word("证明自己的方式"),
    "sector_identifier_uri": word("关联地址文件"),
    "default_acr_values": word("核验程度"),
    "organisation": word("部门"),
    "kind": word("类型"),
    "release_basis": word("信息提供依据"),
    "purposes_en": word("信息用途（英文）"),
    "legal_bases_en": word("法律依据（英文）"),
    "grant_types": word("授权方式"),
    "response_types": word("应答方式"),
    "application_type": word("应用种类"),
    "serves": word("服务对象"),
    "level_scale": word("核验程度的刻度"),
    "contacts": word("联系方式"),
    "id_token_signed_response_alg": word("身份令牌的签名算法"),
    "userinfo_signed_response_alg": word("用户信息的签名算法"),
    "token_endpoint_auth_signing_alg": word("证明自己的签名算法"),
    "default_max_age": word("登录最长有效时间（秒）"),
    "require_auth_time": word("总是告知登录时间"),
    "require_pkce": word("必须使用 PKCE"),
}
PROBLEMS: Final = {
    "empty": word("请填写地址。"),
    "long": word("地址太长，最多 2000 个字符。"),
    "space": word("地址里有空格或看不见的字符。"),
    "unicode": word("地址只能用英文字符。中文域名请写成 xn-- 开头的形式。"),
    "fragment": word("地址不能带 #：浏览器不会把 # 后面的内容发给网站，登录结果会丢失或泄露。"),
    "backslash": word("地址不能带反斜杠：不同浏览器的理解不同。"),
    "odd": word("地址的写法不规范，各种浏览器可能理解不同。请按 https://主机名/路径 填写。"),
    "wildcard": word("地址不能用通配符：登录结果只会发到逐字相同的地址，请把每个地址写全。"),
    "own_scheme": word("只能用 https 地址。手机应用自己的协议（如 cn.gov.example:/callback）只用于手机或桌面应用。"),
    "no_scheme": word("请写出完整的地址，以 https:// 开头。"),
    "no_host": word("地址里没有主机名。"),
    "http": word("只能用 https：明文 http 会让登录结果被中途看到。本机测试可以用 http://localhost。"),
    "userinfo": word("地址里不能有用户名、密码或 @：看上去像一个网站，实际是另一个。"),
    "ip": word("请用域名，不要用 IP 地址：IP 地址不能证明属于哪个部门。"),
    "short_host": word("请用完整的域名，不要用内部简称。"),
    "climbing": word("路径里不能有 ..、. 、连续的斜杠或它们的编码：会指向别的页面。"),
    "answer": word("地址的参数里不能有 code、state、error 等，它们由登录结果带回。"),
    "not_https": word("正式使用只能用 https 地址，不能用本机地址。"),
    "punycode": word("域名含有国际化字符（xn--），请确认不是形近的域名。"),
    "loopback": word("本机地址只有这台机器能打开，提供给公众前要换成 https 地址。"),
    "other_host": word("和首页不是同一个网站的地址，请确认是本部门的。"),
    "good": word("可以使用。"),
    "no_purpose": word("请写明为什么需要这项信息，用户同意时会看到。"),
    "no_legal_basis": word("请写明收集这项信息的法律依据，用户同意时会看到。"),
    "no_reason": word("请写明为什么需要在所有网站使用同一个用户编号。"),
    "no_about": word("请写明这个应用是做什么的。"),
    "missing": word("请填写这一项。"),
    "no_json": word("这里不是 JSON。请粘贴完整的公钥集（JWK Set）。"),
    "several_hosts": word("回调地址在几个主机上，不能分别编号。请只用一个主机，或申请使用统一编号。"),
    "no_keys": word("用密钥证明自己时，请填写公钥地址或粘贴公钥，二者填一项。"),
    "bad_keys": word("这不是可用的公钥集。请只粘贴公钥（不要私钥），并检查算法。"),
    "refused": word("不符合登记规则。"),
}
VERSIONS: Final = {
    "current": word("正在使用"),
    "draft": word("草稿"),
    "past": word("以前使用"),
    "dropped": word("没有使用"),
}
MAKERS: Final = {
    "citizen": word("本部门管理应用的人"),
    "operator": word("平台运营人员"),
    "client": word("应用自己"),
    "system": word("平台"),
}
RELEASES: Final = {
    "open": word("正在审核"),
    "approved": word("已批准"),
    "returned": word("已退回"),
    "withdrawn": word("已撤回"),
    "emergency": word("平台紧急修改，没有经过审核"),
}
