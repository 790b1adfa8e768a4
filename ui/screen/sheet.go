package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"callcast/gateway"
	"callcast/ui/model"
	"callcast/ui/widgets"
)

const (
	sheetWidth   = 520
	sayingHeight = 100 // five lines; what servers say may be longer, and is scrolled
)

// sheets opens dialogs over a window, one at a time.
type sheets struct {
	window fyne.Window
	gone   func(about string) string // why nothing can be done with what a dialog is about any more; empty while it can
	late   func(*gateway.Error)      // takes what a verb was told whose dialog was closed meanwhile
	open   *sheet                    // the dialog that is shown, if any
}

// follow is called after every change of the model.
func (s *sheets) follow() {
	if s.open != nil {
		s.open.follow()
	}
}

// sheet is a dialog about one thing. What it is told it says in a place of its own, so that nothing moves; once its
// thing is gone it says so and lets nothing be done but close it.
type sheet struct {
	sheets  *sheets
	about   string // a stream, call or account; empty if it is about none
	dialog  *dialog.CustomDialog
	saying  *widget.Label
	confirm *widget.Button
	gone    string
	busy    bool                 // its verb is on its way
	changed func()               // follows the model
	refused func(*gateway.Error) // shows why a verb was refused
}

// newSheet makes a dialog that is confirmed with a button of these words.
func (s *sheets) newSheet(about, title, confirm string, body ...fyne.CanvasObject) *sheet {
	sh := &sheet{sheets: s, about: about, saying: widget.NewLabel(""), changed: func() {}}
	sh.refused = sh.refuse
	sh.saying.Wrapping = fyne.TextWrapWord
	sh.confirm = widget.NewButton(confirm, nil)
	sh.confirm.Importance = widget.HighImportance
	body = append(body, container.New(widgets.Room{Least: fyne.NewSize(sheetWidth, sayingHeight)}, container.NewVScroll(sh.saying)))
	sh.dialog = dialog.NewCustomWithoutButtons(title, container.NewVBox(body...), s.window)
	sh.dialog.SetButtons([]fyne.CanvasObject{widget.NewButton(lang.L("Cancel"), sh.close), sh.confirm})
	sh.dialog.SetOnClosed(func() { s.open = nil })
	return sh
}

// show opens the dialog with the keyboard in one of its controls.
func (sh *sheet) show(focus fyne.Focusable) {
	sh.sheets.open = sh
	sh.dialog.Show()
	sh.sheets.window.Canvas().Focus(focus)
	sh.follow()
}

func (sh *sheet) close() { sh.dialog.Hide() }

// follow is called after every change of the model.
func (sh *sheet) follow() {
	gone := ""
	if sh.about != "" && !sh.busy {
		gone = sh.sheets.gone(sh.about)
	}
	if gone != sh.gone {
		sh.gone = gone
		sh.say(gone, widget.DangerImportance)
	}
	sh.changed()
}

// ready lets the dialog be confirmed, or not.
func (sh *sheet) ready(on bool) { widgets.SetEnabled(sh.confirm, on && sh.gone == "" && !sh.busy) }

// run closes the dialog when a verb has gone well, and says what was wrong if not, if need be without the dialog.
func (sh *sheet) run(verb func(model.Done), well func()) {
	if sh.confirm.Disabled() {
		return
	}
	sh.busy = true
	sh.confirm.Disable()
	verb(func(err *gateway.Error) {
		sh.busy = false
		if err == nil {
			well()
		}
		switch {
		case sh.sheets.open != sh: // the operator did not wait
			sh.sheets.late(err)
		case err == nil:
			sh.close()
		default:
			sh.refused(err)
			sh.follow()
		}
	})
}

func (sh *sheet) refuse(err *gateway.Error) { sh.say(model.Problem(err), widget.DangerImportance) }

func (sh *sheet) say(text string, tone widget.Importance) {
	sh.saying.Importance = tone
	sh.saying.SetText(text)
}
