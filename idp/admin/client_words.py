"""The console's words for relying sites: what they may know of people, and what each member of a registration is."""

from typing import Final

from idp.admin.texts import word

SCOPES: Final = {
    "profile": word("账户名和公开资料"), "realname": word("实名信息"), "verified": word("核验证明"), "legal": word("代表的单位"),
    "phone": word("手机号"), "email": word("电子邮箱"), "address": word("联系地址"), "offline_access": word("离开后继续更新"),
}  # fmt: skip
MEMBERS: Final = {
    "release_basis": word("信息提供依据"), "client_name": word("名称"), "about": word("用途"), "client_uri": word("首页地址"),
    "initiate_login_uri": word("登录入口地址"), "redirect_uris": word("回调地址"),
    "post_logout_redirect_uris": word("退出后返回的地址"), "backchannel_logout_uri": word("退出通知地址"),
    "backchannel_logout_session_required": word("退出通知要带会话编号"), "frontchannel_logout_uri": word("浏览器退出地址"),
    "frontchannel_logout_session_required": word("浏览器退出要带会话编号"), "jwks_uri": word("公钥地址"), "jwks": word("公钥"),
    "purposes": word("信息用途"), "purposes_en": word("信息用途（英文）"), "legal_bases": word("法律依据"),
    "legal_bases_en": word("法律依据（英文）"), "public_subject_reason": word("使用统一编号的理由"),
    "scope": word("需要的信息"), "subject_type": word("用户编号"), "sector_identifier_uri": word("关联地址文件"),
    "token_endpoint_auth_method": word("证明自己的方式"),
    "token_endpoint_auth_signing_alg": word("证明自己的签名算法"), "default_acr_values": word("核验程度"),
    "default_max_age": word("登录最长有效时间（秒）"), "require_auth_time": word("总是告知登录时间"),
    "require_pkce": word("必须使用 PKCE"), "application_type": word("应用种类"), "grant_types": word("授权方式"),
    "response_types": word("应答方式"), "serves": word("服务对象"), "level_scale": word("核验程度的刻度"),
    "id_token_signed_response_alg": word("身份令牌的签名算法"), "userinfo_signed_response_alg": word("用户信息的签名算法"),
    "introspection_signed_response_alg": word("令牌查询的签名算法"), "request_uris": word("请求文件的地址"),
    "request_object_signing_alg": word("请求的签名算法"),
    "require_signed_request_object": word("请求必须签名"), "contacts": word("联系方式"), "logo_uri": word("标志地址"),
    "policy_uri": word("隐私政策地址"), "tos_uri": word("服务条款地址"), "software_id": word("软件编号"),
    "software_version": word("软件版本"), "software_statement": word("软件声明"), "localised": word("其他语言"),
    "tls_client_auth_subject_dn": word("证书的名称"), "tls_client_auth_san_dns": word("证书的域名"),
    "tls_client_auth_san_uri": word("证书的网址"), "tls_client_auth_san_ip": word("证书的 IP 地址"),
    "tls_client_auth_san_email": word("证书的邮箱"),
}  # fmt: skip
SCALES: Final = {
    "zj": word("浙江"), "gd": word("广东"), "gj": word("国家政务服务平台"), "bj": word("北京证书"),
}  # fmt: skip
