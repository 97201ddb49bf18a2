"""Passwords and words that are guessed first in China, most frequent first; complements the lists of zxcvbn."""

from typing import Final

# Whole passwords seen at the top of published lists of Chinese sites, in lower case.
_PASSWORDS = """
    123456789a a123456789 1234567890a 12345678a a12345678 123456aa aa123456 aaa123456 123456abc abc123456 123456qq qq123456
    123456asd asd123456 123456ab 123456zx zxc123456 qwe123456 123456qwe wang123456 zhang123456 woaini123 woaini1314 woaini520
    woaini521 woaini123456 woaiwojia woaiwolaopo woaiwolaogong woaimama woaibaba woaiziji woaizhongguo iloveyou1314 loveyou1314
    5201314a a5201314 5201314520 5201314521 52013145 5211314 52113140 520131499 13145200 1314520a 1314521a a1314520 13145210
    1314520520 520520520 521521521 5845201314 584131421 584520584 147258369 147258369a 147852369 159357258 159753456 741852963
    963852741 789456123 789456123a 456789123 321654987 112233445566 11223344 11112222 1122334455 12344321 12341234 123123123
    123123123a 123321123 123454321 1234554321 987654321a 0123456789 01234567 00000000 88888888 66666666 99999999 11111111
    12121212 87654321 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3edc qazwsxedc qweasdzxc qwertyuiop zaq12wsx q1w2e3r4 qwer1234
    1234qwer asdf1234 asdfghjkl zxcvbnm123 abcd1234 1234abcd a1b2c3d4 abc12345 abcd12345 abcdefgh password1 p@ssw0rd p@ssword
    passw0rd admin123 admin1234 admin888 admin123456 root1234 test1234 guest1234 welcome1 welcome123 huawei123 huawei@123
    taobao123 alipay123 weixin123 wechat123 baidu123 tencent123 qq123123 qq5201314 dearbook xiaomi123 asd123asd shenzhen
    zhongguo zhongguo1 zhongguoren wozuishuai wobuzhidao buzhidao nishishui shishui wangjimima mima1234 wodemima mimamima
    zhimakaimen tianxiadiyi dongfangbubai xiaoyaozi jiaojiao qingqing baobao1314 baobei1314 laopo1314 laogong1314 laopowoaini
    laogongwoaini aini1314 aiwoma1314 yisheng1314 wojiushiwo haha1234 hahahaha lovelove qwertyui qweqweqwe asdasdasd zxczxczxc
    wohenshuai woshishui woshizhu nibushiren wodeshijie gongchandang tiananmen shandong jinan2008 beijing2008 beijing2022
"""
PASSWORDS: Final = frozenset(_PASSWORDS.split())

# Words that passwords are built from: given to zxcvbn as a dictionary, so `zhangwei1990` or `woaini@2024` count as guessed.
_WORDS = """
    woaini wo ai ni 5201314 1314 520 521 1314520 aini iloveyou baobei baobao laopo laogong baba mama xiaoming xiaobao mima wode
    wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he gao lin luo zheng liang xie song tang deng han feng
    cao peng zeng xiao tian dong pan yuan cai jiang yu du ye cheng wei su lv ding ren lu yao shen zhong cui tan jia fan fang shi
    wangwei zhangwei liwei wangfang liuwei lina zhangmin lijing wangjing zhangli liujie wanglei lijun zhangyong wangyan liyong
    zhangjie liuyang liqiang wangjun chenjing yangyang wangli zhangtao liufang chenwei zhanglei wangtao chenlong liuyan zhangsan
    lisi wangwu zhaoliu xiaohong xiaoli xiaowang xiaozhang
    weixin wechat qq taobao alipay zhifubao baidu tencent tengxun huawei xiaomi jingdong meituan douyin
    zhongguo china beijing shanghai guangzhou shenzhen tianjin chongqing hangzhou nanjing wuhan chengdu xian suzhou shandong
    jinan qingdao yantai weifang zibo linyi jining heze dezhou binzhou dongying weihai rizhao zaozhuang taian liaocheng
    zhengwu zhengfu banshi shenfen renzheng shebao gongjijin shuiwu denglu zhanghu yonghu guanliyuan fuwu dating
    huanying nihao zaijian xiexie shengri kuaile jiankang pingan facai gongxi wanshiruyi xinxiang shicheng long hu fenghuang
"""
WORDS: Final = tuple(_WORDS.split())
