"""Two signals and one error in the languages of glibc (2.36).

Gcc, make and shells name them in the language of their user. No word stands for two of them.
"""

from __future__ import annotations

import re

_KILLED = (
    "Killed", "Buĉita", "Bị buộc kết thúc", "Drept", "Dræbt", "Dödad", "Getötet", "Geëlimineerd",
    "Kilőve", "Matado", "Matat", "Morto", "Nutraukta (killed)", "Pobit", "Processus arrêté",
    "Süreç durduruldu", "Tapettu", "Terbunuh", "Terminado (killed)", "Ubijen", "Ucciso",
    "Unicestwiony", "Zabit (SIGKILL)", "Zabitý", "Σκοτώθηκε", "Безусловно прекъснат", "Вбито",
    "Забіты", "Убито", "Убијен", "已杀死", "強制終了", "強制結束", "죽었음",
)  # fmt: skip
_TERMINATED = (
    "Terminated", "Avslutad", "Beendet", "Befejeződött", "Beëindigd", "Complété", "Päätetty",
    "Sonlandırıldı", "Terakhiri", "Terminado", "Terminat", "Terminato", "Termineret", "Terminert",
    "Ukončen (SIGTERM)", "Ukončené", "Užbaigta (terminated)", "Zaključen", "Zakończony",
    "Završeno", "Ĉesigita", "Đã kết thúc", "Τερματίστηκε", "Завершаны", "Завершено", "Окончано",
    "Прекратен", "Припинено", "已终止", "終止", "종료됨",
)  # fmt: skip
_NO_MEMORY = (
    "Cannot allocate memory", "Bellek ayrılamadı", "Impossibile allocare memoria",
    "Impossível alocar memória", "Kan ikke tildele hukommelse", "Kan ikke tildele minne",
    "Kan inte allokera minne", "Không thể cấp phát bộ nhớ", "Mankas sufiĉa memoro",
    "Muistin varaaminen ei onnistu", "Ne peut allouer de la mémoire", "Nelze alokovat paměť",
    "Nem foglalható memória", "Nema dovoljno memorije", "Nepavyko išskirti atminties",
    "Nicht genügend Hauptspeicher verfügbar", "Nie je možné prideliť pamäť",
    "Nie można przydzielić pamięci", "No se pudo asignar memoria",
    "No s’ha pogut reservar memòria", "Non se pode reservar memoria",
    "Não foi possível alocar memória", "Onvoldoende geheugen beschikbaar",
    "Pomnilnika ni mogoče dodeliti", "Tidak dapat mengalokasikan memori",
    "Δεν είναι δυνατό να δεσμευτεί μνήμη", "Не вдалося розподілити пам’ять",
    "Не могу да доделим меморију", "Не може да се задели памет", "Невозможно выделить память",
    "немагчыма разьмеркаваць памяць", "メモリを確保できません", "无法分配内存", "無法配置記憶體",
    "메모리를 할당할 수 없습니다",
)  # fmt: skip


def _any(words: tuple[str, ...]) -> str:
    """Longest first, as one is the beginning of another in Spanish."""
    return "(?:" + "|".join(map(re.escape, sorted(words, key=len, reverse=True))) + ")"


KILLED = _any(_KILLED)
TERMINATED = _any(_TERMINATED)
NO_MEMORY = _any(_NO_MEMORY)
