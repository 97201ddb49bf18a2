"""The console's words for policies: what fields are called and counted in, why their bounds are there, what less means."""

from dataclasses import dataclass

from idp.admin import texts
from idp.admin.texts import word


@dataclass(frozen=True, slots=True)
class FieldWords:
    """One field: label, unit, the reason of its bounds, and what it means when it protects less than before."""

    label: str
    unit: str = ""
    why: str = ""
    weaker: str = ""


KINDS = {
    "password": word("密码"),
    "session": word("用户会话"),
    "throttle": word("频率限制"),
    "user_agreement": word("用户协议"),
    "privacy_notice": word("隐私政策"),
    "face_consent": word("人脸核验单独同意"),
    "brand": word("中心名称与标识"),
}
ABOUT = {
    "password": word("设置新密码时的要求。已有的密码不受长度和种类影响。"),
    "session": word("用户登录后多久不用、最多多久需要重新登录。"),
    "throttle": word("猜密码、短信验证码和身份核验的次数限制。"),
    "user_agreement": word("每个用户注册时同意的文本。发布新版本后，所有人下次登录时都要重新同意。"),
    "privacy_notice": word("每个用户注册时同意的文本。发布新版本后，所有人下次登录时都要重新同意。"),
    "face_consent": word("使用人脸核验前单独征得同意的文本。发布新版本后，下次使用人脸时重新征得同意。"),
    "brand": word("页面、短信和控制台上显示的名称、联系方式和颜色。"),
}
FIELDS = {
    "min_length": FieldWords(
        word("密码最短长度"), word("个字符"), word("少于 8 个字符的密码很快会被试出来；超过 64 个会让人记在纸上。"),
        word("更短的密码更容易被猜中。"),
    ),
    "required_classes": FieldWords(
        word("必须包含的字符种类"), word("种"), word("大写、小写、数字、符号共四种；0 为不作要求。"),
        word("不再要求那么多种字符，密码会更简单。"),
    ),
    "max_age_days": FieldWords(
        word("密码有效期"), word("天"), word("短于 30 天会使人只改末位数字；0 为不过期。"),
        word("泄露的密码可以被使用更长时间。"),
    ),
    "idle_minutes": FieldWords(
        word("空闲多久退出"), word("分钟"), word("短于 5 分钟填不完一张表；超过 240 分钟，离开的电脑会一直开着。"),
        word("忘记退出的电脑，别人可以使用更长时间。"),
    ),
    "hours": FieldWords(
        word("最长登录时间"), word("小时"), word("一个工作日以内；超过 24 小时，被盗的会话会跨天有效。"),
        word("被盗的会话可以使用更长时间。"),
    ),
    "failures": FieldWords(
        word("连续输错密码次数"), word("次"), word("少于 3 次会误伤本人；多于 10 次就挡不住猜测。"),
        word("同一设备或网络可以多猜几次密码。"),
    ),
    "window_minutes": FieldWords(
        word("输错次数的统计时长"), word("分钟"), word("太短起不到限制作用。"),
        word("更快忘记输错的次数，可以猜得更快。"),
    ),
    "block_minutes": FieldWords(
        word("输错后暂停"), word("分钟"), word("太短挡不住猜测，太长会让本人等很久。"),
        word("暂停更短，可以猜得更快。"),
    ),
    "strangers_failures": FieldWords(
        word("陌生设备一天共可输错"), word("次"), word("所有陌生设备合计；太少会让别人有办法锁住本人。"),
        word("众多地址一起猜一个账户时，可以多猜几次。"),
    ),
    "strangers_block_hours": FieldWords(
        word("陌生设备用密码登录暂停"), word("小时"), word("暂停期间本人仍可用短信或熟悉的设备登录。"),
        word("众多地址一起猜一个账户时，暂停更短。"),
    ),
    "network_failures": FieldWords(
        word("同一网络十分钟内可输错"), word("次"), word("一个单位可能共用一个出口，所以数目较大。"),
        word("一个网络可以对更多账户试密码。"),
    ),
    "sms_per_phone_day": FieldWords(
        word("一个手机号一天的验证码"), word("条"), word("少于 3 条会使收不到短信的人无法登录。"),
        word("手机号可能收到更多骚扰短信，费用增加。"),
    ),
    "sms_per_device_hour": FieldWords(
        word("一个浏览器一小时的验证码"), word("条"), word("公共电脑会有多人使用。"),
        word("一个浏览器可以让更多短信发出，费用增加。"),
    ),
    "sms_per_address_hour": FieldWords(
        word("一个网络一小时的验证码"), word("条"), word("一个单位可能共用一个出口。"),
        word("一个网络可以让更多短信发出，费用增加。"),
    ),
    "sms_pause_seconds": FieldWords(
        word("两条验证码之间"), word("秒"), word("短信需要时间到达；太短会重复发送。"),
        word("手机号可能更频繁地收到短信。"),
    ),
    "checks_per_account_day": FieldWords(
        word("一个账户一天的身份核验"), word("次"), word("核验要付费，也可能被用来试探他人的信息。"),
        word("一个账户可以试探更多次他人的姓名和号码。"),
    ),
    "checks_per_number_day": FieldWords(
        word("一个号码一天被核验"), word("次"), word("太少会让别人有办法挡住本人。"),
        word("一个人的号码可以被更多次试探。"),
    ),
    "checks_per_network_hour": FieldWords(
        word("一个网络一小时的身份核验"), word("次"), word("一个单位可能共用一个出口。"),
        word("一个网络可以试探更多人的信息。"),
    ),
    "starts_day": FieldWords(
        word("一个账户一天发起的人脸核验"), word("次"), word("每次都要付费。"), word("一个账户可以发起更多次，费用增加。")
    ),
    "name_zh": FieldWords(word("中文名称"), why=word("2 至 24 个字。")),
    "name_en": FieldWords(word("英文名称"), why=word("不填则英文页面也显示中文名称。")),
    "phone": FieldWords(word("联系电话"), why=word("数字、空格和连字符；显示在每一页底部。")),
    "record": FieldWords(word("备案号"), why=word("显示在每一页底部，例如“鲁ICP备00000000号-1”。")),
    "colour": FieldWords(word("主色"), why=word("每种颜色在深浅两种模式下都已测量对比度。")),
    "sms_sign": FieldWords(word("短信签名"), why=word("须与短信网关备案的签名一致，否则短信会被拒发。")),
    "zh": FieldWords(word("中文文本")),
    "en": FieldWords(word("英文文本")),
}  # fmt: skip
COLOURS = {
    "blue": word("政务蓝"), "teal": word("青色"), "green": word("绿色"), "indigo": word("靛蓝"), "plum": word("紫红"),
}  # fmt: skip
PROBLEMS = {
    "bounds": word("请填写 %(least)s 至 %(most)s 之间的整数。"),
    "floor": word("部署设置要求至少 %(least)s，不能更低。"),
    "shape": word("格式不符合要求，请看说明。"),
    "empty": word("两种语言都要填写。"),
    "long": word("文本太长，最多 %(most)s 个字符。"),
    "control": word("文本中有看不见的控制字符，请删去。"),
}
REASONS = {
    "rule_required": word("法规或标准要求"),
    "incident_response": word("安全事件处置"),
    "operations": word("运行需要"),
    "correction": word("更正错误"),
    "undone": word("撤回先前的修改"),
}
texts.REASONS.update(REASONS)
