"""The words the program says itself, in logs and events: they stay readable in a support bundle, all others are masked.

No first names and no surnames, however common the word.
"""

from __future__ import annotations

_WORDS = """
a about above accepted active address after again aggregate aggregates agrees ahead alias all alone already although
among an and anew another answer answered answers any anything api app application applied applies applying are
arguments as aside ask asked asks assertion at ats attach attributeerror auth authorization away back background
backup bad balance barcode barcodes batch be bearer became been before began begins behind being belongs beside
beyond binary blob body both bounds broke broken brought bucket buckets bug bugerror busy but by bytes cache call
called caller came can cancelled cannot carried cash cast categories category centre change changed changes channel
check checked child choose clock close closed code column come comes comment commit compare compared compares
comparing compressed connectionerror content copied copy corrupt could counted counterfoil counts create critical
cross cursor customer customers cut cycle damaged data database databaseerror day days dead debug decide decided
deeply delay delete deleted deletion demos desktop detach device devices did differ differed difference differences
different differs discards disk do document documented does downloads draw drop dry each edit edited effect either
else empty encoding encrypted end endpoint ends enrol enrolled enrolment entity entries entry environmentfailure
epoch equal erased error escaped even event events ever every everything example executor exists exp expected
expired expires expression failed false far fault feed fetch fetched fewer figures file files fills find finish
first fit folder follows for foreign fork format found free from full gap gave gen get give given go goes gone guard
had handed happened has have heads hears heartbeat held here hexadecimal history holds home homes how i iat id
identifier identifiers idle ids if import in inbox incarnation info inserted inside instant instead integrityerror
invalid invoices is it its join joined journal json just keep kept key keychain keyerror keys kib know known knows
large last later latest lay ledger left less let level levels line lines list listening lists live lives lock locked
log long longer look looked looks lost machine made main mainthread make makes malformed manage manager many
meanwhile megabyte memory message messages mib microseconds minute mismatch missing mode module moment more most
movement movements ms msgpack much must mutation mutations name names nested network never new newer next no nobody
none not nothing now null number numbered of off offer office offline often ok old older on once one online only
open opened opens operationalerror operator or order orders oserror other our ours out outbox over own owner owns
pages parked pass payloads people person picture piece place plain play please point poked poll position post pragma
price prices primary printed product products program protocol prove proxies pruned public pull pullanswer
pullrequest pulls push pushanswer pushrequest put py quarantine quarantined quick quit raise raises random rate
rates rather read readable reads ready real receipt receipts received recent recognised reconciliation record
recover recovery refused remembered remove removed repair repairs repeated replay replays replica report request
require restore restored retry reused revoked right rights room rounds row rowid rows run running runtimeerror s
said sale sales same say says schema scope scopes screen screens script seal sealed search seconds secrets see seen
sell selling sells send sends sent sentence sequence series server service set setting settings shift shifts shop
shortcut should shows sides sight sign signature signed silence silent since size smaller snap snapshot so some
somebody someone something somewhat soon split sqlcipher sqlite stable stamp stands start state status statuses
stays stdin step still stock stopped store stores stream subject such sums support switched sync synchronous table
tables take taken takes tax temp tender tenth text than that the their them then there these they this those
thousandths thread through thrown tidied till time timeouterror to together token told too toobusy took toolarge
traceback trading transaction transport travels tried true try tuple two typeerror ui unavailable under understand
unfit unknown unlock unnest unreachable unreadable unsent until untouched unusable up update updated url use
usecases used user usererror utc uuid valid value valueerror values verification verified verify version wait waited
waiting waits wal wants warning was way weak well went were what whatever when where which while who whoever whole
whose window wire with without word words work works worth would wrapped write written wrong yet you your zstandard
"""
KNOWN_WORDS = frozenset(_WORDS.split())
