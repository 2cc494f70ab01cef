; Hark's installer for Windows: for one person, without an administrator. makensis is told
;   -DVERSION=0.1.0  -DPROGRAMS=folder of the executables  -DICON=hark.ico  -DPANEL=installer.bmp  -DRESULT=the installer
; Silent: /S. Another folder: /D=C:\…, the last argument. What the person wrote stays when Hark is removed,
; unless they say otherwise; a silent removal leaves it, and removes it with /ALL.

; As what it installs: 64 bits.
Target amd64-unicode
; -DQUICK leaves the compression out, for the tests.
!ifdef QUICK
SetCompress off
!else
SetCompressor /SOLID lzma
; harkw.exe is hark.exe but for one byte: found again where the dictionary holds both.
SetCompressorDictSize 32
!endif
RequestExecutionLevel user
ManifestDPIAware true

!include MUI2.nsh
!include FileFunc.nsh
!include WinVer.nsh
!include Win\COM.nsh
!include Win\Propkey.nsh

!define ID "Hark.Hark"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Hark"
!define RUN "Software\Microsoft\Windows\CurrentVersion\Run"
!define APPROVED "Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"

Name "Hark"
OutFile "${RESULT}"
InstallDir "$LOCALAPPDATA\Programs\Hark"
InstallDirRegKey HKCU "${UNINSTALL}" "InstallLocation"
BrandingText "Hark ${VERSION}"
VIProductVersion "${VERSION}.0"
VIAddVersionKey ProductName "Hark"
VIAddVersionKey FileDescription "Installs Hark"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey LegalCopyright "The Hark maintainers"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_WELCOMEFINISHPAGE_BITMAP "${PANEL}"
!define MUI_FINISHPAGE_RUN "$INSTDIR\harkw.exe"
!define MUI_FINISHPAGE_RUN_PARAMETERS "open"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE English
!insertmacro MUI_LANGUAGE SimpChinese

LangString ASK ${LANG_ENGLISH} "Remove your settings, messages and history, too? They stay otherwise, and Hark finds them again when it is installed once more."
LangString ASK ${LANG_SIMPCHINESE} "是否同时删除您的设置、消息和中断记录？如果保留，重新安装 Hark 后仍可使用。"
LangString OLD ${LANG_ENGLISH} "Hark needs 64-bit Windows 10 or later."
LangString OLD ${LANG_SIMPCHINESE} "Hark 需要 64 位 Windows 10 或更高版本。"
LangString STAYS ${LANG_ENGLISH} "Hark's agent does not end. End it in the Task Manager (hark.exe or harkw.exe), then try again."
LangString STAYS ${LANG_SIMPCHINESE} "Hark 的后台程序没有退出。请在任务管理器中结束它（hark.exe 或 harkw.exe），然后重试。"
LangString LEFT ${LANG_ENGLISH} "Not all of it could be removed, as something still uses it. Delete this folder yourself: "
LangString LEFT ${LANG_SIMPCHINESE} "部分文件仍在使用，未能全部删除。请自行删除此文件夹："

; "Stopped" where an agent ran, which is started again.
Var Ran

Function .onInit
    ; On 32 bits this program itself does not start.
    ${IfNot} ${AtLeastWin10}
        MessageBox MB_OK|MB_ICONSTOP "$(OLD)" /SD IDOK
        SetErrorLevel 2
        Quit
    ${EndIf}
FunctionEnd

!macro StopAgent
    ; Ends in good order: what has come is stored. What it says begins so only where one ran.
    StrCpy $Ran ""
    ${If} ${FileExists} "$INSTDIR\hark.exe"
        ${Do}
            nsExec::ExecToStack '"$INSTDIR\hark.exe" stop'
            Pop $0
            Pop $Ran
            StrCpy $Ran $Ran 7
            ; 1 is its refusal. A program that does not even start, since it is broken, is no hindrance to a whole one.
            ${If} $0 != 1
                ${ExitDo}
            ${EndIf}
            MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(STAYS)" /SD IDCANCEL IDRETRY +3
            SetErrorLevel 2
            Abort
        ${Loop}
    ${EndIf}
!macroend

; Asks the window to close, and waits for that for some seconds: it has the folder of its pages open.
!macro CloseWindow
    ${For} $1 1 20
        FindWindow $0 "HarkWindow"
        ${If} $0 == 0
            ${ExitFor}
        ${EndIf}
        ; WM_CLOSE
        SendMessage $0 16 0 0 /TIMEOUT=1000
        Sleep 250
    ${Next}
!macroend

; Takes a program away. What runs on, such as the window or an agent of another folder, is moved to where Windows
; clears up: it cannot be removed before it ends, nor written to.
!macro TakeAway FILE
    Delete "$INSTDIR\${FILE}.old"
    Delete "$INSTDIR\${FILE}"
    ${If} ${FileExists} "$INSTDIR\${FILE}"
        GetTempFileName $0
        Delete $0
        Rename "$INSTDIR\${FILE}" $0
    ${EndIf}
    ; On another drive than that it is copied at most.
    ${If} ${FileExists} "$INSTDIR\${FILE}"
        Delete $0
        Rename "$INSTDIR\${FILE}" "$INSTDIR\${FILE}.old"
    ${EndIf}
!macroend

!macro TakeAwayPrograms
    !insertmacro TakeAway "hark.exe"
    !insertmacro TakeAway "harkw.exe"
    !insertmacro TakeAway "hark-window.exe"
    !insertmacro TakeAway "WebView2Loader.dll"
!macroend

; Names Hark in a shortcut, so that Windows takes its toasts and its entry for one program's. Where that fails the
; shortcut works without.
!macro NameShortcut LINK
    !insertmacro ComHlpr_CreateInProcInstance ${CLSID_ShellLink} ${IID_IShellLink} r0 ""
    ${If} $0 P<> 0
        ${IUnknown::QueryInterface} $0 '("${IID_IPersistFile}",.r1)'
        ${IUnknown::QueryInterface} $0 '("${IID_IPropertyStore}",.r2)'
        ${If} $1 P<> 0
        ${AndIf} $2 P<> 0
            ; To be read and written (STGM_READWRITE).
            ${IPersistFile::Load} $1 '("${LINK}",2)'
            System::Call '*${SYSSTRUCT_PROPERTYKEY}(${PKEY_AppUserModel_ID})p.r3'
            System::Call '*(&w${NSIS_MAX_STRLEN} "${ID}")p.r4'
            System::Call '*${SYSSTRUCT_PROPVARIANT}(${VT_LPWSTR},,p r4)p.r5'
            ${IPropertyStore::SetValue} $2 '($3,$5)'
            ${IPropertyStore::Commit} $2 ""
            ${IPersistFile::Save} $1 '("${LINK}",1)'
            System::Free $3
            System::Free $4
            System::Free $5
        ${EndIf}
        ${If} $1 P<> 0
            ${IUnknown::Release} $1 ""
        ${EndIf}
        ${If} $2 P<> 0
            ${IUnknown::Release} $2 ""
        ${EndIf}
        ${IUnknown::Release} $0 ""
    ${EndIf}
!macroend

Section Install
    !insertmacro StopAgent
    !insertmacro TakeAwayPrograms
    SetOutPath $INSTDIR
    File "${PROGRAMS}\hark.exe"
    File "${PROGRAMS}\harkw.exe"
    File "${PROGRAMS}\hark-window.exe"
    ; What Rust links for Windows by its GNU tools looks for it beside itself.
    File "${PROGRAMS}\WebView2Loader.dll"
    File "${ICON}"
    WriteUninstaller "$INSTDIR\uninstall.exe"
    ; What it starts begins in this folder, which could not be removed otherwise while that runs.
    SetOutPath $PROFILE
    CreateShortcut "$SMPROGRAMS\Hark.lnk" "$INSTDIR\harkw.exe" "open" "$INSTDIR\hark.ico"
    !insertmacro NameShortcut "$SMPROGRAMS\Hark.lnk"

    ; Who the notifications are of, and what a click on one opens when no agent runs.
    WriteRegStr HKCU "Software\Classes\AppUserModelId\${ID}" "DisplayName" "Hark"
    WriteRegStr HKCU "Software\Classes\AppUserModelId\${ID}" "IconUri" "$INSTDIR\hark.ico"
    WriteRegStr HKCU "Software\Classes\hark" "" "URL:Hark"
    WriteRegStr HKCU "Software\Classes\hark" "URL Protocol" ""
    WriteRegStr HKCU "Software\Classes\hark\shell\open\command" "" '"$INSTDIR\hark-window.exe" "%1"'

    WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Hark"
    WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
    WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\hark.ico"
    WriteRegStr HKCU "${UNINSTALL}" "Publisher" "The Hark maintainers"
    WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
    WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
    WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
    ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
    WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" $0
    WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
    WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1

    ${If} $Ran == "Stopped"
        Exec '"$INSTDIR\harkw.exe" agent'
    ${EndIf}
SectionEnd

Section Uninstall
    SetOutPath $TEMP
    !insertmacro CloseWindow
    !insertmacro StopAgent
    !insertmacro TakeAwayPrograms
    Delete "$INSTDIR\hark.ico"
    Delete "$INSTDIR\uninstall.exe"
    ; Only where nothing else is in it.
    RMDir "$INSTDIR"
    Delete "$SMPROGRAMS\Hark.lnk"
    DeleteRegKey HKCU "Software\Classes\AppUserModelId\${ID}"
    DeleteRegKey HKCU "Software\Classes\hark"
    DeleteRegValue HKCU "${RUN}" "Hark"
    DeleteRegValue HKCU "${APPROVED}" "Hark"
    DeleteRegKey HKCU "${UNINSTALL}"

    ${GetParameters} $0
    ClearErrors
    ${GetOptions} $0 "/ALL" $1
    ${IfNot} ${Errors}
        Goto all
    ${EndIf}
    MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "$(ASK)" /SD IDNO IDYES all IDNO kept
    all:
    ; The web view's processes end a little after their window.
    ${For} $1 1 20
        RMDir /r "$LOCALAPPDATA\hark"
        ${IfNot} ${FileExists} "$LOCALAPPDATA\hark\*.*"
            ${ExitFor}
        ${EndIf}
        Sleep 250
    ${Next}
    ${If} ${FileExists} "$LOCALAPPDATA\hark\*.*"
        MessageBox MB_OK|MB_ICONEXCLAMATION "$(LEFT)$LOCALAPPDATA\hark" /SD IDOK
        SetErrorLevel 2
    ${EndIf}
    kept:
SectionEnd
