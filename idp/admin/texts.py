"""The console's words: Chinese is the source text, English is looked up here; codes get their names."""

from flask_babel import get_locale

ROLES = {"system": "系统管理员", "security": "安全管理员", "audit": "审计管理员", "counter": "窗口核验员"}
ACTORS = {"citizen": "用户", "client": "应用", "operator": "管理员", "system": "系统"}
STATES = {
    "active": "正常", "frozen": "已冻结", "closed": "已注销", "merged": "已并入另一账户",
    "disabled": "已停用", "next": "待启用", "retired": "已退役",
    "revoked": "已吊销", "deleted": "已删除", "success": "成功", "failure": "失败",
}  # fmt: skip
ORIGINS = {"operator": "管理员登记", "dynamic": "自助登记"}
SERVES = {"people": "个人", "organisations": "单位", "both": "个人和单位"}
BASES = {"consent": "本人同意", "statutory_duty": "法定职责"}
REASONS = {
    "owner_request": "本人申请", "reported_stolen": "报告被盗用", "suspicious_use": "异常使用", "authority_order": "主管机关要求",
    "owner_verified": "已核实本人", "frozen_by_mistake": "误冻结",
    "not_the_person": "人证不符", "card_doubtful": "证件可疑", "card_expired": "证件过期", "data_differs": "录入有误",
}  # fmt: skip
DOCUMENTS = {
    "resident_id": "居民身份证", "hmt_residence_permit": "港澳台居民居住证", "hk_macao_travel_permit": "港澳居民来往内地通行证",
    "taiwan_travel_permit": "台湾居民来往大陆通行证", "foreign_permanent_resident": "外国人永久居留身份证",
    "prc_passport": "中华人民共和国护照", "foreign_passport": "外国护照", "exit_permit_hk_macao": "往来港澳通行证",
    "exit_permit_taiwan": "往来台湾通行证",
}  # fmt: skip
COUNTER_DONE = {
    "seen": "已提交，请另一位核验员复核。", "confirmed": "已通过，本人账户的核验程度已提升。",
    "refused": "已退回，本人可以重新取码。",
}  # fmt: skip
PROBLEMS = {
    "altered": "被修改", "forged": "不是服务写入的", "misplaced": "被移动", "removed": "被删除", "truncated": "链尾被截断",
    "head_forged": "链尾记录被改动", "checkpoint_forged": "检查点被伪造", "checkpoint_removed": "检查点被删除",
    "diverged": "与签名不符",
}  # fmt: skip
FILTERS = (
    ("act", "行为"), ("outcome", "结果"), ("actor_id", "行为人编号"), ("account_id", "账户编号"), ("client_id", "应用编号"),
    ("trace_id", "跟踪编号"), ("since", "从"), ("until", "到"),
)  # fmt: skip

ENGLISH = {
    "窗口核验员": "counter officer",
    "现场核验": "Counter",
    "等待复核": "Waiting for a second officer",
    "没有等待复核的案件。": "No case waits for a second officer.",
    "案件": "Case",
    "初核时间": "Seen at",
    "复核": "Second look",
    "撤回": "Withdraw",
    "初核": "First look",
    "办理人本人在场，出示证件原件，并告诉您网上领取的 8 位办理码。": (
        "The person is here with the original card, and tells you the 8-digit code they took on the web."
    ),
    "办理码": "Code",
    "证件种类": "Kind of document",
    "证件上的姓名": "Name on the document",
    "证件号码": "Document number",
    "签发国（仅外国护照，三位代码）": "Issuing country (foreign passports only, three letters)",
    "有效期至": "Valid until",
    "长期有效": "no end",
    "我已查验证件原件，证件照片与本人一致": "I have examined the original; its picture is this person",
    "提交复核": "Hand over to a second officer",
    "姓名": "Name",
    "复核必须由另一位核验员进行。您可以撤回这个案件。": "Another officer has to look. You may withdraw the case.",
    "请自己查验一次证件原件和本人，再录入证件号码的末四位。": (
        "Examine the original and the person yourself, then type the last four characters of the number."
    ),
    "证件号码末四位": "Last four characters of the number",
    "确认通过": "Confirm",
    "不通过": "Refuse",
    "请填写每一项，并确认已经人证比对。": "Fill in every field, and confirm that you compared card and person.",
    "请确认已经人证比对。": "Confirm that you compared card and person.",
    "没有这个办理码，或者它已经用过、过期。": "There is no such code, or it was used or has expired.",
    "复核必须由另一位核验员进行。": "Another officer has to confirm.",
    "证件号码末四位与初核录入的不一致，请对照证件检查。": "The last four characters differ from the first entry. Check the card.",
    "错误的办理码太多，请一小时后再试。": "Too many wrong codes. Try again in an hour.",
    "未满 14 周岁不能自行核验。请监护人登录自己的账户，在账户中心的“未成年人”中添加。": "Under 14: added by a guardian.",
    "证件已经过期，不能用来核验。": "The document has expired.",
    "证件号码不符合这种证件的规则，请对照证件检查。": "The number does not fit this kind of document. Check the card.",
    "请填写身份证上的姓名。": "Enter the name as on the document.",
    "这个身份已在另一个账户中核验。请用原来的账户登录；忘记账户时，可用当时的手机号找回。": (
        "This person stands behind another account already. The owner can sign in there, and merge the two."
    ),
    "这个账户已核验为另一个人，不能更改。请使用您自己的账户。": "This account stands for somebody else already.",
    "居民身份证": "Resident identity card",
    "港澳台居民居住证": "Residence permit for Hong Kong, Macao and Taiwan residents",
    "港澳居民来往内地通行证": "Mainland travel permit for Hong Kong and Macao residents",
    "台湾居民来往大陆通行证": "Mainland travel permit for Taiwan residents",
    "外国人永久居留身份证": "Foreign permanent resident card",
    "中华人民共和国护照": "Chinese passport",
    "外国护照": "Foreign passport",
    "往来港澳通行证": "Exit-entry permit for Hong Kong and Macao",
    "往来台湾通行证": "Exit-entry permit for Taiwan",
    "已提交，请另一位核验员复核。": "Handed over. Another officer has to look.",
    "已通过，本人账户的核验程度已提升。": "Confirmed. The person's level has been raised.",
    "已退回，本人可以重新取码。": "Refused. The person may take a new code.",
    "人证不符": "not the person of the card",
    "证件可疑": "card is doubtful",
    "证件过期": "card has expired",
    "录入有误": "wrongly typed",
    "管理控制台": "Console",
    "跳到主要内容": "Skip to content",
    "退出": "Sign out",
    "职责": "Duties",
    "管理员登录": "Operator sign-in",
    "登录名": "Login",
    "密码": "Password",
    "动态口令": "One-time code",
    "登录": "Sign in",
    "登录名、密码或动态口令不正确，或者账户已被锁定。请用新的动态口令重试。": (
        "Login, password or one-time code is not right, or the operator is locked. Try again with a new code."
    ),
    "认证器应用中的 6 位数字，每个只能使用一次。": "The 6 digits of your authenticator; each works once.",
    "不能打开": "Not available",
    "返回我的职责": "Back to my duties",
    "编号": "Number to quote",
    "您的角色不能使用这一页。": "Your role may not use this page.",
    "没有找到这条记录。": "There is no such record.",
    "这个请求不能处理，请返回重试。": "This request cannot be handled. Go back and try again.",
    "账户": "Account",
    "手机号、账户名或账户编号": "Mobile number, user name or account id",
    "查找": "Find",
    "没有这个账户。只支持完整、准确的查找。": "There is no such account. Only complete, exact values are found.",
    "输入完整的手机号、账户名或账户编号，查看账户状态、会话，冻结或解除冻结。每次查看都会记入审计。": (
        "Enter a complete mobile number, user name or account id to see an account and freeze it. "
        "Every look is audited."
    ),
    "账户编号": "Account id",
    "状态": "State",
    "手机号": "Mobile number",
    "账户名": "User name",
    "注册时间": "Registered",
    "登录会话": "Sessions",
    "浏览器": "Browser",
    "开始": "Started",
    "最近使用": "Last used",
    "现在没有登录的会话。": "No session is signed in now.",
    "冻结账户": "Freeze account",
    "解除冻结": "Unfreeze",
    "冻结后本人不能登录任何网站，已登录的会话立即结束，各网站都会收到通知。": (
        "The owner can sign in nowhere; sessions end at once and every site is told."
    ),
    "解除后本人可以重新登录；以前的会话不会恢复。": "The owner can sign in again; earlier sessions do not come back.",
    "原因": "Reason",
    "工单号（可不填）": "Case number (optional)",
    "接入应用": "Clients",
    "名称": "Name",
    "应用编号": "Client id",
    "信息提供依据": "Release basis",
    "范围": "Scope",
    "登记时间": "Registered at",
    "登记方式": "Registered by",
    "管理员登记": "operator",
    "自助登记": "itself",
    "已删除": "deleted",
    "还没有登记应用。用命令 python -m idp client add 登记。": (
        "No client yet. Register one with python -m idp client add."
    ),
    "安全策略": "Policies",
    "策略由部署设置决定，修改设置并重启服务后生效；这里只能查看。": (
        "Policies come from the settings and change with them after a restart; here they can only be read."
    ),
    "策略": "Policy",
    "当前值": "Value",
    "设置": "Setting",
    "固定": "fixed",
    "密码最短长度": "Shortest password",
    "密码必须包含的字符种类": "Classes of characters a password needs",
    "密码有效天数（0 为不过期）": "Days a password lasts (0: for ever)",
    "会话空闲时限（分钟）": "Idle limit of sessions (minutes)",
    "会话最长时限（小时）": "Longest session (hours)",
    "授权码有效期（秒）": "Life of codes (seconds)",
    "访问令牌有效期（秒）": "Life of access tokens (seconds)",
    "刷新令牌有效期（天）": "Life of refresh tokens (days)",
    "应用自助注册": "Self-registration of clients",
    "密码算法体系": "Suite of algorithms",
    "管理员会话空闲时限（分钟）": "Idle limit of operators (minutes)",
    "管理员会话最长时限（小时）": "Longest operator session (hours)",
    "管理员连续失败次数上限": "Failures before an operator is locked",
    "管理员锁定时长（分钟）": "Lock of an operator (minutes)",
    "密钥": "Keys",
    "轮换和吊销通过命令 python -m idp keys 完成，并记入审计；这里只能查看。": (
        "Keys are rotated and revoked with python -m idp keys, which is audited; here they can only be read."
    ),
    "密钥编号": "Key id",
    "算法": "Algorithm",
    "生成时间": "Made at",
    "审计记录": "Audit trail",
    "筛选": "Filter",
    "时间": "Time",
    "行为": "Act",
    "结果": "Outcome",
    "行为人": "Actor",
    "应用": "Client",
    "详情": "Details",
    "序号": "Place",
    "待封存": "unsealed",
    "更早的记录": "Earlier entries",
    "没有符合条件的记录。放宽筛选条件再试。": "No entry fits. Widen the filters.",
    "导出": "Export",
    "从": "From",
    "到": "To",
    "导出带签名的文件": "Export a signed file",
    "行为人编号": "Actor id",
    "跟踪编号": "Trace id",
    "审计链核验": "Chain verification",
    "逐条核对全部审计记录的校验码、链和签名检查点，找出被修改、删除、移动或插入的记录。": (
        "Checks every entry, the chain and the signed checkpoints, and names what was altered, "
        "removed, moved or put in."
    ),
    "开始核验": "Verify",
    "完整": "Whole",
    "发现篡改": "Tampered with",
    "已封存": "Sealed",
    "检查点": "Checkpoints",
    "链尾": "Head",
    "问题": "Finding",
    "位置": "Where",
    "系统管理员": "System administrator",
    "安全管理员": "Security administrator",
    "审计管理员": "Audit administrator",
    "用户": "citizen",
    "管理员": "operator",
    "系统": "system",
    "正常": "active",
    "已冻结": "frozen",
    "已并入另一账户": "merged into another account",
    "已注销": "closed",
    "已停用": "disabled",
    "待启用": "next",
    "已退役": "retired",
    "已吊销": "revoked",
    "成功": "success",
    "失败": "failure",
    "本人同意": "consent",
    "法定职责": "statutory duty",
    "服务对象": "Serves",
    "个人": "people",
    "单位": "organisations",
    "个人和单位": "people and organisations",
    "本人申请": "asked by the owner",
    "报告被盗用": "reported stolen",
    "异常使用": "suspicious use",
    "主管机关要求": "ordered by an authority",
    "已核实本人": "owner verified",
    "误冻结": "frozen by mistake",
    "被修改": "altered",
    "不是服务写入的": "not written by the service",
    "被移动": "moved",
    "被删除": "removed",
    "链尾被截断": "end is missing",
    "链尾记录被改动": "head tampered with",
    "检查点被伪造": "checkpoint forged",
    "检查点被删除": "checkpoint removed",
    "与签名不符": "not what was signed",
}


def say(text: str) -> str:
    """The text in the language of the page; what has no English stays Chinese, and codes stay codes."""
    return ENGLISH.get(text, text) if language() == "en" else text


def language() -> str:
    """The value of `<html lang>`."""
    return "en" if str(get_locale()).startswith("en") else "zh-CN"
