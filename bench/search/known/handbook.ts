/**
 * A company's handbook, made up: error codes and release notes in English, which are easily taken for one another, and five
 * pages each in German, French, Chinese, Japanese and Russian.
 */
export const HANDBOOK: readonly { readonly path: string; readonly title: string; readonly text: string }[] = [
  {
    path: "handbook/errors/PB-1042.md",
    title: "PB-1042: address in use",
    text: "The server could not listen, because another process has the port already (EADDRINUSE). Stop that process or set another port.",
  },
  {
    path: "handbook/errors/PB-1043.md",
    title: "PB-1043: permission denied",
    text: "The server may not open the file or port (EACCES). Ports below 1024 need rights of their own.",
  },
  {
    path: "handbook/errors/PB-1142.md",
    title: "PB-1142: certificate expired",
    text: "The upstream's certificate is no longer valid (CERT_HAS_EXPIRED). Renew it, or correct the clock of this machine.",
  },
  {
    path: "handbook/errors/PB-2042.md",
    title: "PB-2042: too many open files",
    text: "The process has reached its limit of file descriptors (EMFILE). Raise it with ulimit -n, or watch fewer folders.",
  },
  {
    path: "handbook/errors/PB-2043.md",
    title: "PB-2043: disk full",
    text: "Nothing can be written, because no space is left on the device (ENOSPC). Remove old indexes with shelf prune --older-than 30d.",
  },
  {
    path: "handbook/errors/ORA-00942.md",
    title: "ORA-00942: table or view does not exist",
    text: "The database has no such table, or the account may not see it. Check the schema that the connection names.",
  },
  {
    path: "handbook/releases/1.8.0.md",
    title: "Release 1.8.0",
    text: "Shelves can be shared between two accounts. The command line has a new flag --dry-run, which shows what would be removed.",
  },
  {
    path: "handbook/releases/1.8.1.md",
    title: "Release 1.8.1",
    text: "Corrects the sorting of accented titles, and a crash at start when the home folder is read-only.",
  },
  {
    path: "handbook/releases/2.0.0.md",
    title: "Release 2.0.0",
    text: "The configuration moves from shelf.ini to shelf.toml; shelf migrate converts it. Support for Node 16 ends.",
  },
  {
    path: "handbook/releases/2.14.3.md",
    title: "Release 2.14.3",
    text: "Uploads go on where they were interrupted. The function resume_upload() takes the token of the first attempt; uploadChunk is gone.",
  },
  {
    path: "handbook/tools/rsync.md",
    title: "Copying shelves with rsync",
    text: "Use rsync --archive --delete-after --bwlimit=2000 at night. The paths to leave out are in /etc/shelf/exclude.d/common.list and in $HOME/.config/shelf/ignore.",
  },
  {
    path: "handbook/tools/cplusplus.md",
    title: "Bindings for C++ and C#",
    text: "The C++ header is shelf.hpp; std::unique_ptr<Shelf> owns the connection. For C# there is the NuGet package Shelf.Client with ShelfClient.OpenAsync.",
  },
  {
    path: "handbuch/datensicherung.md",
    title: "Datensicherung einrichten",
    text: "Die Datensicherung läuft jede Nacht um zwei Uhr. Vollständige Sicherungen werden sonntags angelegt, an den übrigen Tagen nur die Änderungen. Sicherungskopien werden dreißig Tage aufbewahrt und liegen verschlüsselt auf einem zweiten Rechner. Zum Wiederherstellen einzelner Dateien genügt der Befehl sicherung holen mit dem Datum.",
  },
  {
    path: "handbuch/benutzerkonten.md",
    title: "Benutzerkonten verwalten",
    text: "Neue Benutzerkonten legt die Verwaltung an. Ein Passwort muss mindestens zwölf Zeichen lang sein und wird nie im Klartext gespeichert. Nach fünf falschen Anmeldungen ist das Konto für eine Viertelstunde gesperrt. Gelöschte Konten lassen sich innerhalb von zwei Wochen wiederherstellen.",
  },
  {
    path: "handbuch/drucker.md",
    title: "Drucker im Büro",
    text: "Der Drucker im Flur druckt beidseitig, wenn nichts anderes gewählt ist. Papierstau lässt sich über die hintere Klappe beheben. Große Aufträge über hundert Seiten werden erst nach Feierabend ausgegeben. Tonerkartuschen liegen im Schrank neben der Küche.",
  },
  {
    path: "handbuch/urlaub.md",
    title: "Urlaub und Abwesenheit",
    text: "Urlaubsanträge werden spätestens vier Wochen vorher gestellt. Dreißig Urlaubstage stehen jedem zu; nicht genommene Tage verfallen Ende März. Bei Krankheit genügt eine kurze Nachricht, ab dem dritten Tag ist ein ärztliches Attest nötig.",
  },
  {
    path: "handbuch/fehlersuche.md",
    title: "Fehlersuche im Netzwerk",
    text: "Wenn Verbindungen abbrechen, zuerst das Kabel prüfen, dann den Router neu starten. Langsame Übertragungen liegen oft an einem überlasteten Funkkanal. Die Störungsstelle ist unter der Durchwahl 4711 zu erreichen und braucht die Gerätenummer.",
  },
  {
    path: "manuel/sauvegarde.md",
    title: "Sauvegarder les données",
    text: "La sauvegarde démarre chaque nuit à deux heures. Les fichiers modifiés sont copiés sur un serveur distant et chiffrés avant l'envoi. On garde les sauvegardes pendant trente jours. Pour restaurer un fichier, choisissez la date puis le dossier d'origine.",
  },
  {
    path: "manuel/connexion.md",
    title: "Problèmes de connexion",
    text: "Si la connexion échoue, vérifiez d'abord le câble et redémarrez la borne. Un mot de passe oublié se réinitialise depuis la page d'accueil. L'assistance répond de neuf heures à dix-huit heures, du lundi au vendredi.",
  },
  {
    path: "manuel/conges.md",
    title: "Congés et absences",
    text: "Les demandes de congés se font quatre semaines à l'avance. Chaque salarié dispose de vingt-cinq jours ouvrés par an. Les jours non pris avant la fin du mois de mai sont perdus. En cas de maladie, un certificat médical est demandé dès le premier jour.",
  },
  {
    path: "manuel/facturation.md",
    title: "Facturation des clients",
    text: "Les factures partent le premier jour ouvré du mois. Le délai de paiement est de trente jours, et des pénalités s'ajoutent ensuite. Une remise de cinq pour cent est accordée aux abonnés annuels. Les avoirs sont établis par le service comptable.",
  },
  {
    path: "manuel/bibliotheque.md",
    title: "La bibliothèque du bureau",
    text: "Les livres s'empruntent pour un mois et peuvent être prolongés une fois. Les nouveautés sont exposées près de la fenêtre. Pour proposer un achat, écrivez son titre dans le cahier vert. Les revues ne quittent pas la salle de lecture.",
  },
  {
    path: "手册/数据备份.md",
    title: "数据备份",
    text: "系统每天凌晨两点自动备份数据库。完整备份在星期日进行，其他日子只保存变化的部分。备份文件保留三十天，并且加密存放在另一台服务器上。恢复单个文件时，请先选择日期，再选择目录。",
  },
  {
    path: "手册/用户权限.md",
    title: "用户权限管理",
    text: "管理员可以创建新用户并分配权限。密码至少需要十二个字符，并且不会以明文保存。连续输错五次密码后，账户会被锁定十五分钟。离职员工的账户应当立即停用。",
  },
  {
    path: "手册/网络故障.md",
    title: "网络故障排除",
    text: "如果无法连接网络，请先检查网线，然后重新启动路由器。无线信号较弱时，请更换频道。故障报告需要写明设备编号和出现问题的时间。",
  },
  {
    path: "手册/请假制度.md",
    title: "请假制度",
    text: "年假申请需要提前四周提交。每位员工每年有十五天带薪年假，未使用的假期在三月底失效。病假超过三天需要提供医生证明。",
  },
  {
    path: "手册/发票报销.md",
    title: "发票与报销",
    text: "出差回来后两周内提交报销单，并附上全部发票。超过五百元的费用需要部门经理签字。报销款每月十五日汇入工资账户。",
  },
  {
    path: "手引き/バックアップ.md",
    title: "バックアップの設定",
    text: "バックアップは毎晩二時に自動で始まります。日曜日には完全なコピーを作り、ほかの日は変更された部分だけを保存します。ファイルは暗号化され、三十日間保管されます。復元するときは日付とフォルダーを選んでください。",
  },
  {
    path: "手引き/パスワード.md",
    title: "パスワードの変更",
    text: "パスワードは十二文字以上にしてください。五回続けて間違えると、アカウントは十五分間ロックされます。忘れた場合は、ログイン画面から再発行を申し込めます。",
  },
  {
    path: "手引き/印刷.md",
    title: "プリンターの使い方",
    text: "廊下のプリンターは、設定を変えないかぎり両面で印刷します。紙詰まりは後ろのカバーを開けて取り除いてください。百ページを超える印刷は夜間に行われます。トナーは台所の隣の棚にあります。",
  },
  {
    path: "手引き/休暇.md",
    title: "休暇の申請",
    text: "有給休暇は四週間前までに申請してください。使わなかった休暇は三月末に失効します。病気で三日以上休むときは診断書が必要です。",
  },
  {
    path: "手引き/会議室.md",
    title: "会議室の予約",
    text: "会議室は一週間前から予約できます。利用は一回二時間までです。映像機器を使うときは受付で鍵を借りてください。予約を取り消す場合は前日までに連絡してください。",
  },
  {
    path: "справочник/резервное-копирование.md",
    title: "Резервное копирование",
    text: "Резервные копии создаются каждую ночь в два часа. Полная копия делается по воскресеньям, в остальные дни сохраняются только изменения. Копии хранятся тридцать дней в зашифрованном виде на другом сервере. Чтобы восстановить файл, выберите дату и папку.",
  },
  {
    path: "справочник/учётные-записи.md",
    title: "Учётные записи пользователей",
    text: "Новые учётные записи создаёт администратор. Пароль должен содержать не менее двенадцати символов. После пяти неудачных попыток входа запись блокируется на пятнадцать минут. Удалённые записи можно вернуть в течение двух недель.",
  },
  {
    path: "справочник/отпуск.md",
    title: "Отпуск и больничный",
    text: "Заявление на отпуск подаётся за четыре недели. Каждому сотруднику полагается двадцать восемь дней. Неиспользованные дни переносятся только до конца марта. При болезни нужна справка от врача.",
  },
  {
    path: "справочник/командировки.md",
    title: "Командировки и расходы",
    text: "Билеты на поезд заказывает секретарь. Суточные выплачиваются до отъезда, а чеки сдаются в течение недели после возвращения. Расходы свыше пяти тысяч рублей согласует руководитель отдела.",
  },
  {
    path: "справочник/сбои-сети.md",
    title: "Сбои в сети",
    text: "Если соединение прерывается, проверьте кабель и перезапустите маршрутизатор. Медленная передача часто вызвана занятым каналом. Сообщая о неполадке, назовите номер устройства и время.",
  },
];
