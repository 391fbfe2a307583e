"""The accounts of a small Swedish company, after the BAS chart."""

from schemas.bookkeeping import Account, AccountType

_NAMES = """
1010 Utvecklingsutgifter
1220 Inventarier och verktyg
1229 Ackumulerade avskrivningar på inventarier och verktyg
1250 Datorer
1259 Ackumulerade avskrivningar på datorer
1460 Lager av handelsvaror
1510 Kundfordringar
1580 Fordringar för kontokort och kuponger
1630 Avräkning för skatter och avgifter (skattekonto)
1710 Förutbetalda hyreskostnader
1790 Övriga förutbetalda kostnader och upplupna intäkter
1910 Kassa
1920 PlusGiro
1930 Företagskonto
1940 Övriga bankkonton
2081 Aktiekapital
2091 Balanserad vinst eller förlust
2098 Vinst eller förlust från föregående år
2099 Årets resultat
2350 Andra långfristiga skulder till kreditinstitut
2440 Leverantörsskulder
2510 Skatteskulder
2611 Utgående moms på försäljning inom Sverige, 25 %
2621 Utgående moms på försäljning inom Sverige, 12 %
2641 Debiterad ingående moms
2650 Redovisningskonto för moms
2710 Personalskatt
2731 Avräkning lagstadgade sociala avgifter
2920 Upplupna semesterlöner
2990 Övriga upplupna kostnader och förutbetalda intäkter
3001 Försäljning inom Sverige, 25 % moms
3002 Försäljning inom Sverige, 12 % moms
3041 Försäljning av tjänster, 25 % moms
3740 Öres- och kronutjämning
3990 Övriga ersättningar och intäkter
4010 Inköp av varor och material
4531 Inköp av tjänster från ett land utanför EU
5010 Lokalhyra
5060 Städning och renhållning
5410 Förbrukningsinventarier
5420 Programvaror
5460 Förbrukningsmaterial
5611 Drivmedel för personbilar
5800 Resekostnader
5910 Annonsering
6071 Representation, avdragsgill
6110 Kontorsmateriel
6212 Mobiltelefon
6230 Datakommunikation
6310 Företagsförsäkringar
6530 Redovisningstjänster
6540 IT-tjänster
6570 Bankkostnader
6970 Tidningar, tidskrifter och facklitteratur
7010 Löner till kollektivanställda
7210 Löner till tjänstemän
7510 Arbetsgivaravgifter
7690 Övriga personalkostnader
7832 Avskrivningar på inventarier och verktyg
8310 Ränteintäkter från omsättningstillgångar
8410 Räntekostnader för långfristiga skulder
8999 Årets resultat
"""
_TYPES: dict[str, AccountType] = {"1": "asset", "2": "liability", "3": "income"}
_INCOME_IN_CLASS_8 = ("82", "83")


def bas_accounts() -> tuple[Account, ...]:
    """The chart, with the type of each account."""
    lines = _NAMES.strip().splitlines()
    return tuple(
        Account(account=number, name=name, type=type_of(number))
        for number, _, name in (line.partition(" ") for line in lines)
    )


def type_of(account: str) -> AccountType:
    """The type of an account by its BAS class."""
    if account.startswith(_INCOME_IN_CLASS_8):
        return "income"
    return _TYPES.get(account[0], "cost")


def is_balance_account(account: str) -> bool:
    """Whether its balance goes on into the next year."""
    return account[0] in "12"
