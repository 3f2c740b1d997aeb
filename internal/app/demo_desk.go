package app

import (
	"context"
	"fmt"
	"time"

	"github.com/ownmark/ownmark/internal/access"
	"github.com/ownmark/ownmark/internal/clock"
	"github.com/ownmark/ownmark/internal/cultivate"
)

// demoFirms are the firms of the demo's second cohort with the stage each has reached.
var demoFirms = []struct {
	name  string
	stage cultivate.Stage
}{
	{"莆田市秀屿区潮生鞋业有限公司（模拟）", cultivate.Admitted},
	{"Hanjiang Kestrel Footwear Co., Ltd. (simulated)", cultivate.Admitted},
	{"莆田市城厢区榕下手工鞋坊（模拟）", cultivate.Trained},
	{"福建省莆田市仙游县木兰溪鞋业科技有限公司（模拟）", cultivate.Approved},
}

// DemoDesk gives the demo's manager a cohort under way and the demo's maker something to read and to do, unless there have been messages: tasks of which
// one is overdue, a conversation, corrective actions at several steps, mentor visits. DemoProgramme comes before it.
func (a *App) DemoDesk(ctx context.Context) error {
	manager, err := a.demoUser(ctx, access.ProgrammeManager)
	if err != nil {
		return err
	}
	maker, err := a.demoUser(ctx, access.Maker)
	if err != nil {
		return err
	}
	own, err := a.Cultivate.Makers(ctx, maker, cultivate.MakerFilter{Limit: 1})
	if err != nil || len(own.Items) == 0 {
		return err
	}
	id := own.Items[0].ID
	talk, _, err := a.Cultivate.Messages(ctx, manager, id, "", 1)
	if err != nil || len(talk.Items) > 0 {
		return err
	}
	if err := a.demoTalk(ctx, manager, maker, id); err != nil {
		return err
	}
	return a.demoCohort(ctx, manager)
}

// demoTalk is what the demo's maker finds: a conversation whose last word it has not read, tasks, and a visit.
func (a *App) demoTalk(ctx context.Context, manager, maker access.User, id cultivate.MakerID) error {
	now := clock.System().UTC()
	for _, m := range []struct {
		by   access.User
		text string
	}{
		{manager, "林师傅，您好！我是项目的联系人，报名过程中有不清楚的地方，随时在这里问我。"},
		{maker, "您好。营业执照的照片拍得不太清楚，可以吗？"},
		{manager, "最好重拍一张：放平，光线从侧面来，四个角都要拍到。不着急，这周内补上就行。"},
	} {
		if _, err := a.Cultivate.Send(ctx, m.by, id, m.text, nil, ""); err != nil {
			return err
		}
	}
	for _, n := range []cultivate.NewTask{
		{Side: cultivate.FirmSide, Title: "重拍营业执照照片", Detail: "放平拍，四个角都要拍到，在“申请”里上传。", Due: now.AddDate(0, 0, 3)},
		{Side: cultivate.FirmSide, Title: "准备三款自主设计的鞋样", Detail: "走访时我们想看一看。", Due: now.AddDate(0, 0, 10)},
		{Side: cultivate.Programme, Owner: manager.ID, Name: manager.Name, Title: "电话回访：核对产能数字", Due: now.Add(-20 * time.Hour)},
	} {
		if _, err := a.Cultivate.GiveTask(ctx, manager, id, n, ""); err != nil {
			return err
		}
	}
	_, err := a.Cultivate.PlanMentor(ctx, manager, cultivate.MentorVisit{Maker: id, Mentor: "黄师傅（模拟）", At: now.AddDate(0, 0, 5).Truncate(time.Hour), Place: "厂里", Agenda: "看一看自主设计的鞋样，聊聊定价。"}, "")
	return err
}

// demoCohort is a cohort under way, its firms at several stages. What was asked on their way is waived with a word that it is simulated.
func (a *App) demoCohort(ctx context.Context, manager access.User) error {
	now := clock.System().UTC()
	c, err := a.Cultivate.SaveCohort(ctx, manager, cultivate.Cohort{Industry: "shoes", Name: "莆田鞋业先行班（模拟）", Place: "福建莆田", Places: 6, Note: "Simulated: a small cohort that went first."})
	if err != nil {
		return err
	}
	if c, err = a.Cultivate.MoveCohort(ctx, manager, c.ID, c.Version, cultivate.CohortOpen, ""); err != nil {
		return err
	}
	var makers []cultivate.Maker
	for i, firm := range demoFirms {
		m, _, err := a.Cultivate.Enrol(ctx, manager, c.ID, cultivate.Firm{Name: firm.name, Place: "福建莆田", Person: "郑师傅", Email: fmt.Sprintf("pioneer-%d@demo.example", i+1)})
		if err != nil {
			return err
		}
		if m, err = a.demoAdvance(ctx, manager, m, firm.stage); err != nil {
			return err
		}
		makers = append(makers, m)
	}
	for _, to := range []cultivate.CohortState{cultivate.CohortSelecting, cultivate.CohortRunning} {
		if c, err = a.Cultivate.MoveCohort(ctx, manager, c.ID, c.Version, to, ""); err != nil {
			return err
		}
	}
	if _, err := a.Cultivate.LookAfter(ctx, manager, makers[0].ID, makers[0].Version, manager.ID, manager.Name); err != nil {
		return err
	}
	late, err := a.Cultivate.Find(ctx, manager, makers[2].ID, "首批样品有三双鞋底弯折后开裂。", now.Add(-48*time.Hour), "")
	if err != nil {
		return err
	}
	if _, err := a.Cultivate.TakeOn(ctx, manager, late.ID, cultivate.ActionMove{To: cultivate.ActionPlanned, Cause: "胶水固化时间不足。", Said: "固化时间延长到 24 小时，逐批记录。", Version: late.Version}); err != nil {
		return err
	}
	if _, err := a.Cultivate.Find(ctx, manager, makers[0].ID, "两个鞋盒上的尺码与鞋不符。", now.AddDate(0, 0, 14), ""); err != nil {
		return err
	}
	visit, err := a.Cultivate.PlanMentor(ctx, manager, cultivate.MentorVisit{Maker: makers[2].ID, Mentor: "黄师傅（模拟）", At: now.Add(-30 * time.Hour).Truncate(time.Hour), Agenda: "看样品检测结果。"}, "")
	if err != nil {
		return err
	}
	agreed := []cultivate.NewTask{{Side: cultivate.FirmSide, Title: "记录三批固化时间", Due: now.AddDate(0, 0, 7)}}
	if _, err := a.Cultivate.HoldMentor(ctx, manager, visit.ID, visit.Version, "先解决开胶，再谈新款。", agreed); err != nil {
		return err
	}
	_, err = a.Cultivate.PlanMentor(ctx, manager, cultivate.MentorVisit{Maker: makers[1].ID, Mentor: "Teacher Wu (simulated)", At: now.Add(-3 * time.Hour).Truncate(time.Hour), Agenda: "Photos of the product, taken together."}, "")
	return err
}

// demoAdvance brings a firm along its way up to a stage.
func (a *App) demoAdvance(ctx context.Context, by access.User, m cultivate.Maker, goal cultivate.Stage) (cultivate.Maker, error) {
	for m.Stage != goal {
		to := m.Onward()
		checks, err := a.Cultivate.Checklist(ctx, by, m.ID, to)
		if err != nil {
			return m, err
		}
		for _, check := range checks {
			if check.Passes() {
				continue
			}
			if err := a.Cultivate.Waive(ctx, by, m.ID, check.Condition, "Simulated: the demo has no papers to show for it."); err != nil {
				return m, err
			}
		}
		if m, err = a.Cultivate.Move(ctx, by, m.ID, cultivate.Transition{To: to, Version: m.Version}); err != nil {
			return m, fmt.Errorf("demo firm %s to %s: %w", m.Name, to, err)
		}
	}
	return m, nil
}
