"""Draft room: common words of other languages to the English that the index knows. What is unknown stays as it is."""

# ruff: noqa: E501 (tables read better in long lines)

from __future__ import annotations

import re
import unicodedata

LATIN: dict[str, str] = {}
for _line in """
fox=fuchs füchse zorro renard volpe;wolf=lobo loup lupo wölfe;dog=hund hunde perro chien cane;cat=katze katzen kater gato chat gatto
horse=pferd pferde caballo cheval cavallo;bear=bär bären oso ours;bird=vogel vögel pájaro pajaro oiseau;fish=fisch fische pez poisson pescado
owl=eule eulen búho hibou;rabbit=hase hasen kaninchen conejo lapin;mouse=maus mäuse ratón souris;frog=frosch frösche rana grenouille
butterfly=schmetterling schmetterlinge mariposa papillon;bee=biene bienen abeja abeille;snail=schnecke caracol escargot;hedgehog=igel erizo hérisson
deer=hirsch reh ciervo cerf;squirrel=eichhörnchen ardilla écureuil;cow=kuh kühe vaca vache;pig=schwein cerdo cochon;sheep=schaf schafe oveja mouton
chicken=huhn pollo poulet;lion=löwe león;elephant=elefant elefante éléphant;monkey=affe mono singe;snake=schlange serpiente;turtle=schildkröte tortuga
whale=wal ballena baleine;dragon=drache drachen dragón dragon;unicorn=einhorn licorne unicornio;ghost=gespenst geist fantasma fantôme;witch=hexe bruja sorcière
wizard=zauberer mago magicien;knight=ritter caballero chevalier;king=könig rey roi;queen=königin reina reine;princess=prinzessin princesa princesse
pirate=pirat piraten pirata;robot=roboter;skeleton=skelett esqueleto squelette;skull=schädel totenkopf calavera crâne;vampire=vampir;monster=ungeheuer
house=haus häuser casa maison;castle=schloss burg schloß castillo château;tower=turm türme torre tour;lighthouse=leuchtturm faro phare;church=kirche iglesia église
bridge=brücke puente pont;tent=zelt tienda tente;windmill=windmühle mühle molino moulin;door=tür puerta porte;city=stadt ciudad ville;village=dorf pueblo
forest=wald wälder bosque forêt;mountain=berg berge gebirge alpen montaña montagne;sea=meer see ozean mar océan lac lago;beach=strand playa plage;island=insel isla île
desert=wüste desierto désert;river=fluss río rivière;field=wiese feld acker campo champ prairie;garden=garten jardín jardin;cave=höhle cueva grotte;space=weltraum weltall espacio espace
sky=himmel cielo ciel;night=nacht nachts noche nuit;sunset=sonnenuntergang abend abenddämmerung atardecer crépuscule soir;sunrise=sonnenaufgang morgen morgengrauen amanecer aube
storm=sturm gewitter unwetter tormenta tempête;rain=regen lluvia pluie;fog=nebel niebla brouillard;snow=schnee nieve neige;winter=hiver invierno;autumn=herbst otoño automne
spring=frühling primavera printemps;summer=sommer verano été;snowy=verschneit verschneite verschneiten verschneiter verschneites nevado enneigé enneigée;sun=sonne sol soleil
moon=mond luna lune;star=stern sterne estrella étoile étoiles;cloud=wolke wolken nube nuage;rainbow=regenbogen arcoíris;tree=baum bäume árbol arbre arbres
flower=blume blumen blüte flor fleur fleurs;rose=rosen;leaf=blatt blätter hoja feuille;mushroom=pilz pilze seta champignon;cactus=kaktus;apple=apfel äpfel manzana pomme
strawberry=erdbeere fresa fraise;cherry=kirsche cereza cerise;lemon=zitrone limón citron;banana=banane plátano;grapes=trauben uvas raisin;bread=brot pan pain;cheese=käse queso fromage
cake=kuchen torte pastel gâteau;egg=ei eier huevo œuf;coffee=kaffee café;tea=tee té thé;beer=bier cerveza bière;wine=wein vino vin;milk=milch leche lait;water=wasser agua eau
bottle=flasche botella bouteille;cup=tasse becher taza;ice_cream=eis helado glace;key=schlüssel llave clé clef;sword=schwert schwerter espada épée;shield=schild escudo bouclier
crown=krone corona couronne;ring=anillo bague;treasure_chest=schatztruhe truhe cofre coffre;potion=trank zaubertrank heiltrank poción;book=buch bücher libro livre;map=karte landkarte mapa carte
letter=brief;lantern=laterne linterna lanterne;candle=kerze vela bougie;fire=feuer fuego feu;torch=fackel antorcha;hammer=martillo marteau;axe=axt beil hacha hache;bow=bogen arco
arrow=pfeil flecha flèche;heart=herz herzen corazón coeur cœur;coin=münze münzen moneda pièce;gem=edelstein juwel gema;diamond=diamant diamante;bell=glocke campana cloche
clock=uhr reloj horloge;car=auto wagen coche voiture;train=zug eisenbahn tren;bicycle=fahrrad rad bicicleta vélo;ship=schiff schiffe barco bateau navire;sailboat=segelboot segelschiff velero voilier
airplane=flugzeug avión avion;rocket=rakete cohete fusée;balloon=ballon luftballon globo;hot_air_balloon=heißluftballon;camera=kamera cámara;guitar=gitarre guitarra guitare;chair=stuhl silla chaise
table=tisch mesa;lamp=lampe lámpara;umbrella=regenschirm schirm paraguas parapluie;gift=geschenk regalo cadeau;child=kind niño enfant;woman=frau mujer femme;man=mann hombre homme;girl=mädchen niña fille;boy=junge garçon
red=rot rote roter rotes roten rojo roja rouge;blue=blau blaue blauer blaues blauen azul bleu bleue;green=grün grüne grüner grünes grünen verde vert verte;yellow=gelb gelbe gelber gelbes gelben amarillo jaune
orange=orangefarben naranja;purple=lila violett violette morado;pink=rosa;black=schwarz schwarze schwarzer schwarzes schwarzen negro negra noir noire;white=weiß weiss weiße weißer weißes weißen blanco blanca blanc blanche
brown=braun braune brauner braunes marrón brun;gray=grau graue grauer graues gris;golden=golden goldene goldener goldenes goldenen dorado doré dorée;silver=silbern silberne plata;old=alt alte alter altes alten viejo vieja vieux vieille
small=klein kleine kleiner kleines kleinen pequeño pequeña petit petite;big=groß große großer großes großen grande grand;ein=ein
a=ein eine einer eines einem einen un una une el la le les los las der die das dem den des;and=und y et;in=im dans en;with=mit con avec;on=auf sobre sur;at=am bei;under=unter bajo sous
over=über;without=ohne sin sans;no=kein keine keinen;two=zwei dos deux;three=drei tres trois;four=vier cuatro quatre;five=fünf cinco cinq;from=vom;firefighter=feuerwehrmann feuerwehrfrau pompier bombero;baker=bäcker bäckerin boulanger panadero;library=bibliothèque bibliothek bücherei biblioteca
books=livres libros;planet=planète planeta planeten;shop=laden geschäft tienda boutique;doctor=arzt ärztin médecin médico;nurse=krankenschwester infirmière enfermera
teacher=lehrer lehrerin professeur maestro;police_officer=polizist polizistin policier;farmer=bauer bäuerin fermier granjero;tractor=traktor tracteur;bus=autobus omnibus
trust=vertrauen confiance confianza;freedom=freiheit liberté libertad;growth=wachstum croissance crecimiento;peace=frieden paix paz;music=musik musique música
meadow=blumenwiese;kitchen=küche cuisine cocina;school=schule école escuela;street=straße rue calle;camp=lager zeltlager campement campamento;market=markt marché mercado
hot_air_balloon=montgolfière;balloons=ballons;swan=schwan cygne;penguin=pinguin pingouin;whales=wale;elephant=elefanten;bridge=brücken;soccer_ball=fußball;motorcycle=motorrad moto
ambulance=rettungswagen krankenwagen;bakery=bäckerei boulangerie panadería;children=kinder enfants niños;above=au-dessus;sunrise=aurore;roof=toit dach;kitten=kätzchen chaton;lemonade=limonade;potato=kartoffel kartoffeln;playing=spielen spielt spielend;walking=gehen läuft;old_man=opa;old_woman=oma;cloudy=bewölkt;friendly=freundlich freundliche freundlicher freundliches freundlichen;of=von de du del
icon=symbol icono icône;watercolor=aquarell acuarela aquarelle;background=hintergrund fondo fond;style=stil estilo;transparent=durchsichtig;painting=gemälde;picture=bild imagen
""".replace("\n", ";").split(";"):
    if "=" in _line:
        _english, _, _others = _line.partition("=")
        for _other in _others.split():
            if _other != _english:
                LATIN.setdefault(_other, _english.replace("_", " "))
for _word in [
    "see",
    "pan",
    "chat",
    "sin",
    "pain",
    "tour",
    "cane",
    "mono",
    "die",
    "champ",
    "ours",
    "golden",
    "brief",
    "alter",
    "prairie",
    "globe",
    "am",
    "raisin",
]:
    LATIN.pop(_word, None)  # English words too

SIGNS = dict(
    pair.split("=")
    for pair in [
        "神社=shinto_shrine",
        "鳥居=torii",
        "鸟居=torii",
        "東京タワー=tokyo_tower",
        "富士山=mount_fuji",
        "埃菲尔铁塔=eiffel_tower",
        "寺=pagoda",
        "狐狸=fox",
        "狐=fox",
        "狼=wolf",
        "狗=dog",
        "犬=dog",
        "猫=cat",
        "貓=cat",
        "马=horse",
        "馬=horse",
        "熊=bear",
        "鸟=bird",
        "鳥=bird",
        "鱼=fish",
        "魚=fish",
        "兔=rabbit",
        "老虎=tiger",
        "虎=tiger",
        "龙=dragon",
        "龍=dragon",
        "竜=dragon",
        "ドラゴン=dragon",
        "狮子=lion",
        "熊猫=panda",
        "蝴蝶=butterfly",
        "猫咪=cat",
        "きつね=fox",
        "キツネ=fox",
        "ねこ=cat",
        "いぬ=dog",
        "城堡=castle",
        "城=castle",
        "房子=house",
        "家=house",
        "塔=tower",
        "灯塔=lighthouse",
        "灯台=lighthouse",
        "桥=bridge",
        "橋=bridge",
        "船=sailboat",
        "火箭=rocket",
        "ロケット=rocket",
        "汽车=car",
        "車=car",
        "森林=forest",
        "森=forest",
        "山=mountain",
        "海=sea",
        "沙漠=desert",
        "城市=city",
        "街=city",
        "雪=snow",
        "雨=rain",
        "夜=night",
        "夜晚=night",
        "日落=sunset",
        "夕焼け=sunset",
        "日出=sunrise",
        "冬=winter",
        "秋=autumn",
        "春=spring",
        "夏=summer",
        "月亮=moon",
        "月=moon",
        "星=star",
        "太阳=sun",
        "太陽=sun",
        "云=cloud",
        "雲=cloud",
        "树=tree",
        "樹=tree",
        "木=tree",
        "花=flower",
        "樱花=cherry_blossom",
        "桜=cherry_blossom",
        "蘑菇=mushroom",
        "きのこ=mushroom",
        "苹果=apple",
        "りんご=apple",
        "面包=bread",
        "咖啡=coffee",
        "コーヒー=coffee",
        "茶=teacup",
        "拉面=ramen",
        "ラーメン=ramen",
        "寿司=sushi",
        "剑=sword",
        "剣=sword",
        "盾=shield",
        "王冠=crown",
        "钥匙=key",
        "鍵=key",
        "宝箱=treasure_chest",
        "药水=potion",
        "ポーション=potion",
        "书=book",
        "本=book",
        "心=heart",
        "金币=coin",
        "宝石=gem",
        "骑士=knight",
        "騎士=knight",
        "魔法=magic",
        "巫师=wizard",
        "魔法使い=wizard",
        "公主=princess",
        "机器人=robot",
        "ロボット=robot",
        "幽灵=ghost",
        "红=red",
        "紅=red",
        "赤=red",
        "蓝=blue",
        "青=blue",
        "绿=green",
        "緑=green",
        "黄=yellow",
        "黑=black",
        "黒=black",
        "白=white",
        "金色=golden",
        "紫=purple",
        "粉=pink",
        "图标=icon",
        "アイコン=icon",
        "像素=pixel",
        "ドット絵=pixel",
        "水彩=watercolor",
        "여우=fox",
        "고양이=cat",
        "개=dog",
        "용=dragon",
        "성=castle",
        "숲=forest",
        "산=mountain",
        "바다=sea",
        "밤=night",
        "눈=snow",
        "달=moon",
        "별=star",
        "나무=tree",
        "꽃=flower",
        "검=sword",
        "방패=shield",
        "열쇠=key",
        "하트=heart",
        "лиса=fox",
        "кот=cat",
        "собака=dog",
        "волк=wolf",
        "дракон=dragon",
        "замок=castle",
        "лес=forest",
        "гора=mountain",
        "море=sea",
        "ночь=night",
        "луна=moon",
        "звезда=star",
        "дерево=tree",
        "меч=sword",
        "щит=shield",
        "ключ=key",
        "сердце=heart",
        "корабль=ship",
    ]
)
_SIGN = re.compile("|".join(sorted(map(re.escape, SIGNS), key=lambda sign: (-len(sign), sign))))
_LATIN_HINT = frozenset(["der", "die", "das", "ein", "eine", "einer", "mit", "und", "im", "auf", "nachts"])
_FRENCH_HINT = frozenset(["un", "une", "dans", "avec", "sur", "des", "les", "aux"])
_GERMAN_ONLY = {"die": "a", "see": "sea", "am": "at"}
_FRENCH_ONLY = {"chat": "cat", "chats": "cats", "pain": "bread", "tour": "tower", "champ": "field", "ours": "bear"}
"""Words that are English too, and mean these in their own company."""
_PHRASES = {
    "lever du soleil": "sunrise", "lever de soleil": "sunrise", "coucher du soleil": "sunset",
    "coucher de soleil": "sunset", "tour eiffel": "eiffel tower", "chauve-souris": "bat", "pomme de terre": "potato",
    "arc-en-ciel": "rainbow", "puesta de sol": "sunset", "oso de peluche": "teddy bear",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")


def _compound(word: str) -> str | None:
    """A German compound by its parts: `blumenwiese` is `flower field`; by its last part alone where the first is unknown."""
    if len(word) < 7:
        return None
    for start in range(3, len(word) - 2):
        tail = _GERMAN_ONLY.get(word[start:]) if word.endswith("see") else LATIN.get(word[start:])
        if tail is None or (len(word) - start < 4 and tail != "sea"):
            continue
        head = word[:start]
        first = LATIN.get(head) or LATIN.get(head.removesuffix("s")) or LATIN.get(head.removesuffix("n"))
        return f"{first} {tail}" if first else tail
    return None


def to_english(text: str) -> str:
    """`text` in lower case with the words this module knows put into English, one by one."""
    text = unicodedata.normalize("NFC", text.lower())
    text = _SIGN.sub(lambda match: f" {SIGNS[match[0]].replace('_', ' ')} ", text)
    for phrase, english in _PHRASES.items():
        text = text.replace(phrase, english)
    found = set(_WORD.findall(text))
    german, french = bool(_LATIN_HINT & found), bool(_FRENCH_HINT & found)

    def word(match: re.Match[str]) -> str:
        sign = match[0]
        if german and sign in _GERMAN_ONLY:
            return _GERMAN_ONLY[sign]
        if french and sign in _FRENCH_ONLY:
            return _FRENCH_ONLY[sign]
        known = LATIN.get(sign)
        if known is None and (german or french):
            known = LATIN.get(sign.removesuffix("s")) or (_compound(sign) if german else None)
        return known or sign

    return _WORD.sub(word, text)
