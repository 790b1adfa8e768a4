package gateway

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRuleValidation(t *testing.T) {
	for _, r := range []AnswerRule{
		{},
		{Callee: "studio*", Caller: "+49?", Stream: "show"},
		{Stream: "{callee}-{caller}-{callId}", Maximum: 3},
		{RTMPURL: "rtmp://h/app", RTMPStream: "{caller}", Maximum: 3},
		{RTMPURL: "rtmp://h/app/key"},
	} {
		require.Empty(t, r.Validate(), "%+v", r)
	}
	for _, tt := range []struct {
		rule AnswerRule
		want complaint
	}{
		{AnswerRule{Callee: "a\nb"}, complaint{"callee", ReasonCharacters}},
		{AnswerRule{Caller: "a\x00"}, complaint{"caller", ReasonCharacters}},
		{AnswerRule{Stream: "a b"}, complaint{"toStream", ReasonCharacters}},
		{AnswerRule{Stream: "{calee}"}, complaint{"toStream", ReasonCharacters}},
		{AnswerRule{Stream: "show", Maximum: 2}, complaint{"toStream", ReasonChoice}},
		{AnswerRule{RTMPURL: "http://h/app", RTMPStream: "k"}, complaint{"rtmpUrl", ReasonScheme}},
		{AnswerRule{RTMPURL: "rtmp://h/app", RTMPStream: "{user}"}, complaint{"rtmpStream", ReasonCharacters}},
		{AnswerRule{RTMPURL: "rtmp://h/app", RTMPStream: "key", Maximum: 2}, complaint{"rtmpStream", ReasonChoice}},
		{AnswerRule{RTMPURL: "rtmp://h/app"}, complaint{"rtmpStream", ReasonRequired}},
		{AnswerRule{RTMPStream: "{caller}"}, complaint{"rtmpUrl", ReasonRequired}},
		{AnswerRule{Maximum: -1}, complaint{"maximum", ReasonChoice}},
	} {
		require.Equal(t, []complaint{tt.want}, complaints(tt.rule.Validate()), "%+v", tt.rule)
	}
}

func TestAccountsAndRulesOfTheConfiguration(t *testing.T) {
	a := Account{Login: "desk", Domain: "pbx"}
	c := SIPConfig{Accounts: []RegisterSpec{{Account: a}, {ID: "other", Account: a}}, Rules: []AnswerRule{{}}}
	require.Empty(t, c.Validate())
	c.Accounts = append(c.Accounts, RegisterSpec{ID: "desk@pbx", Account: Account{Login: "d"}})
	c.Rules = append(c.Rules, AnswerRule{Stream: "a b"})
	errs := c.Validate()
	require.Equal(t, []complaint{
		{"sip_accounts[2].sipDomain", ReasonRequired},
		{"sip_accounts[2].id", ReasonRegistrationExists},
		{"answer_rules[1].toStream", ReasonCharacters},
	}, complaints(errs))
	require.Contains(t, errs[2].Message, `answer_rules[1].toStream "a b": use letters`)
}

func TestHowACallIsToBeTaken(t *testing.T) {
	require.Empty(t, AnswerSpec{Stream: "show", RTMPURL: "rtmp://h/app", RTMPStream: "key"}.Validate())
	require.Equal(t, []complaint{{"toStream", ReasonCharacters}, {"rtmpUrl", ReasonScheme}},
		complaints(AnswerSpec{Stream: "a b", RTMPURL: "http://h/app", RTMPStream: "key"}.Validate()))
}

func TestCleanName(t *testing.T) {
	require.Equal(t, "a_b_c__@d", CleanName("a b/cé<@d"))
	require.Len(t, CleanName(string(make([]byte, 1000))), maxName)
}
