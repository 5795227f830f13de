#include "bench/gen_catalog.h"

const struct gen_name gen_first_names[] = {
    {"Ada", "ada"},         {"Adrián", "adrian"},  {"Agnieszka", "agnieszka"},
    {"Aisha", "aisha"},     {"Alan", "alan"},      {"Amélie", "amelie"},
    {"Anders", "anders"},   {"Anil", "anil"},      {"Anna", "anna"},
    {"Beatriz", "beatriz"}, {"Ben", "ben"},        {"Björn", "bjoern"},
    {"Carla", "carla"},     {"Cem", "cem"},        {"Chen", "chen"},
    {"Chloé", "chloe"},     {"Dana", "dana"},      {"Daniel", "daniel"},
    {"Deepa", "deepa"},     {"Elena", "elena"},    {"Elif", "elif"},
    {"Emeka", "emeka"},     {"Emil", "emil"},      {"Fatima", "fatima"},
    {"Felix", "felix"},     {"Fiona", "fiona"},    {"Gareth", "gareth"},
    {"Giulia", "giulia"},   {"Grace", "grace"},    {"Hana", "hana"},
    {"Hugo", "hugo"},       {"Ines", "ines"},      {"Ivan", "ivan"},
    {"Jakub", "jakub"},     {"Jürgen", "juergen"}, {"Joana", "joana"},
    {"Karim", "karim"},     {"Katrin", "katrin"},  {"Kofi", "kofi"},
    {"Lars", "lars"},       {"Leila", "leila"},    {"Liam", "liam"},
    {"Lucía", "lucia"},     {"Magda", "magda"},    {"Marco", "marco"},
    {"Mei", "mei"},         {"Miguel", "miguel"},  {"Mira", "mira"},
    {"Nadia", "nadia"},     {"Nils", "nils"},      {"Noor", "noor"},
    {"Olga", "olga"},       {"Oscar", "oscar"},    {"Priya", "priya"},
    {"Rafael", "rafael"},   {"Renée", "renee"},    {"Ruth", "ruth"},
    {"Sanjay", "sanjay"},   {"Sofia", "sofia"},    {"Tomás", "tomas"},
    {"Tove", "tove"},       {"Victor", "victor"},  {"Yusuf", "yusuf"},
    {"Zoë", "zoe"},
};

const struct gen_name gen_last_names[] = {
    {"Abbott", "abbott"},       {"Adeyemi", "adeyemi"},     {"Almeida", "almeida"},
    {"Andersson", "andersson"}, {"Aydin", "aydin"},         {"Baker", "baker"},
    {"Barros", "barros"},       {"Bauer", "bauer"},         {"Becker", "becker"},
    {"Bellini", "bellini"},     {"Bennett", "bennett"},     {"Berg", "berg"},
    {"Bianchi", "bianchi"},     {"Blanc", "blanc"},         {"Brandt", "brandt"},
    {"Brennan", "brennan"},     {"Carvalho", "carvalho"},   {"Castro", "castro"},
    {"Chandra", "chandra"},     {"Chapman", "chapman"},     {"Costa", "costa"},
    {"Coulter", "coulter"},     {"Dahl", "dahl"},           {"Das", "das"},
    {"Delgado", "delgado"},     {"Demir", "demir"},         {"Dietrich", "dietrich"},
    {"Doyle", "doyle"},         {"Dubois", "dubois"},       {"Durand", "durand"},
    {"Eklund", "eklund"},       {"Ellis", "ellis"},         {"Engel", "engel"},
    {"Esposito", "esposito"},   {"Faure", "faure"},         {"Ferrari", "ferrari"},
    {"Fischer", "fischer"},     {"Fletcher", "fletcher"},   {"Fontaine", "fontaine"},
    {"Fuchs", "fuchs"},         {"Gallagher", "gallagher"}, {"Garcia", "garcia"},
    {"Gomes", "gomes"},         {"Graf", "graf"},           {"Gupta", "gupta"},
    {"Haas", "haas"},           {"Hansen", "hansen"},       {"Hartmann", "hartmann"},
    {"Herrera", "herrera"},     {"Hoffmann", "hoffmann"},   {"Holm", "holm"},
    {"Horvat", "horvat"},       {"Hughes", "hughes"},       {"Ibrahim", "ibrahim"},
    {"Iyer", "iyer"},           {"Jansen", "jansen"},       {"Jensen", "jensen"},
    {"Kaya", "kaya"},           {"Keller", "keller"},       {"Kim", "kim"},
    {"Koch", "koch"},           {"Kowalski", "kowalski"},   {"Kraus", "kraus"},
    {"Kumar", "kumar"},         {"Lambert", "lambert"},     {"Larsen", "larsen"},
    {"Laurent", "laurent"},     {"Lehmann", "lehmann"},     {"Lindqvist", "lindqvist"},
    {"Lopes", "lopes"},         {"Lund", "lund"},           {"Maier", "maier"},
    {"Marsh", "marsh"},         {"Martins", "martins"},     {"Mehta", "mehta"},
    {"Mendes", "mendes"},       {"Meyer", "meyer"},         {"Moreau", "moreau"},
    {"Moretti", "moretti"},     {"Müller", "mueller"},      {"Murray", "murray"},
    {"Nair", "nair"},           {"Navarro", "navarro"},     {"Neumann", "neumann"},
    {"Nowak", "nowak"},         {"Núñez", "nunez"},         {"O'Connor", "oconnor"},
    {"Okafor", "okafor"},       {"Olsen", "olsen"},         {"Ortega", "ortega"},
    {"Özdemir", "oezdemir"},    {"Park", "park"},           {"Patel", "patel"},
    {"Pereira", "pereira"},     {"Petersen", "petersen"},   {"Popescu", "popescu"},
    {"Quinn", "quinn"},         {"Ramos", "ramos"},         {"Rao", "rao"},
    {"Reyes", "reyes"},         {"Ribeiro", "ribeiro"},     {"Richter", "richter"},
    {"Romano", "romano"},       {"Rossi", "rossi"},         {"Roux", "roux"},
    {"Santos", "santos"},       {"Sato", "sato"},           {"Schäfer", "schaefer"},
    {"Schmidt", "schmidt"},     {"Silva", "silva"},         {"Singh", "singh"},
    {"Smit", "smit"},           {"Sousa", "sousa"},         {"Stein", "stein"},
    {"Suzuki", "suzuki"},       {"Tanaka", "tanaka"},       {"Tran", "tran"},
    {"Vargas", "vargas"},       {"Visser", "visser"},       {"Vogel", "vogel"},
    {"Wagner", "wagner"},       {"Walsh", "walsh"},         {"Weber", "weber"},
    {"Wójcik", "wojcik"},       {"Yilmaz", "yilmaz"},       {"Young", "young"},
    {"Zamora", "zamora"},       {"Zieliński", "zielinski"},
};

_Static_assert(sizeof gen_first_names / sizeof gen_first_names[0] == GEN_FIRST_NAMES,
               "the table is full");
_Static_assert(sizeof gen_last_names / sizeof gen_last_names[0] == GEN_LAST_NAMES,
               "the table is full");

const char *const gen_domain_heads[GEN_DOMAIN_HEADS] = {
    "alder",   "birch", "cedar",  "copper", "ember",   "fenwick", "granite", "harbour",
    "juniper", "larch", "meadow", "north",  "orchard", "quarry",  "river",   "summit",
};
const char *const gen_domain_tails[GEN_DOMAIN_TAILS] = {
    "bank",      "bridge",  "craft", "field",    "foods", "gate",  "labs",  "line",
    "logistics", "medical", "mill",  "partners", "point", "print", "stone", "works",
};

const struct gen_name gen_specials[GEN_SPECIAL_COUNT] = {
    [GEN_SPECIAL_LEGACY_TEST] = {"Legacy Test", "legacy.test"},
    [GEN_SPECIAL_TEST] = {"Test 01", "test01"},
    [GEN_SPECIAL_QA] = {"QA Tenant", "qa.tenant"},
    [GEN_SPECIAL_SANDBOX] = {"Developer Sandbox", "dev.sandbox"},
    [GEN_SPECIAL_OLD_ADMIN] = {"Old Administrator", "oldadmin"},
    [GEN_SPECIAL_TRAINING] = {"Training Room", "training"},
    [GEN_SPECIAL_RECEPTION] = {"Reception", "reception"},
    [GEN_SPECIAL_ARCHIVE] = {"Mailbox Archive", "mailbox.archive"},
    [GEN_SPECIAL_AUDIT] = {"External Audit", "ext.audit"},
    [GEN_SPECIAL_BACKUP] = {"Service Backup", "svc-backup"},
    [GEN_SPECIAL_SCANNER] = {"Service Scan to Mail", "svc-scan"},
    [GEN_SPECIAL_CRM] = {"Service CRM Sync", "svc-crm"},
};

const char gen_country_codes[GEN_COUNTRIES][3] = {
    "US", "GB", "DE", "FR", "NL", "ES", "IT", "PL", "BR", "IN", "CA", "SE", "RO",
};
const int8_t gen_country_hours[GEN_COUNTRIES] = {
    [GEN_US] = -5, [GEN_GB] = 0, [GEN_DE] = 1, [GEN_FR] = 1,  [GEN_NL] = 1,
    [GEN_ES] = 1,  [GEN_IT] = 1, [GEN_PL] = 1, [GEN_BR] = -3, [GEN_IN] = 5,
    [GEN_CA] = -5, [GEN_SE] = 1, [GEN_RO] = 2,
};
const struct gen_place gen_places[GEN_COUNTRIES][GEN_PLACES_PER_COUNTRY] = {
    [GEN_US] = {{"Boston", "Massachusetts", "42.3601", "-71.0589"},
                {"Columbus", "Ohio", "39.9612", "-82.9988"},
                {"Denver", "Colorado", "39.7392", "-104.9903"},
                {"Atlanta", "Georgia", "33.749", "-84.388"}},
    [GEN_GB] = {{"London", "England", "51.5074", "-0.1278"},
                {"Leeds", "England", "53.8008", "-1.5491"},
                {"Bristol", "England", "51.4545", "-2.5879"},
                {"Edinburgh", "Scotland", "55.9533", "-3.1883"}},
    [GEN_DE] = {{"Berlin", "Berlin", "52.52", "13.405"},
                {"Hamburg", "Hamburg", "53.5511", "9.9937"},
                {"Mannheim", "Baden-Württemberg", "49.4875", "8.466"},
                {"Leipzig", "Sachsen", "51.3397", "12.3731"}},
    [GEN_FR] = {{"Paris", "Paris", "48.8566", "2.3522"},
                {"Lyon", "Rhône", "45.764", "4.8357"},
                {"Nantes", "Loire-Atlantique", "47.2184", "-1.5536"},
                {"Lille", "Nord", "50.6292", "3.0573"}},
    [GEN_NL] = {{"Amsterdam", "Noord-Holland", "52.3676", "4.9041"},
                {"Utrecht", "Utrecht", "52.0907", "5.1214"},
                {"Eindhoven", "Noord-Brabant", "51.4416", "5.4697"},
                {"Groningen", "Groningen", "53.2194", "6.5665"}},
    [GEN_ES] = {{"Madrid", "Madrid", "40.4168", "-3.7038"},
                {"Barcelona", "Barcelona", "41.3851", "2.1734"},
                {"Valencia", "Valencia", "39.4699", "-0.3763"},
                {"Bilbao", "Bizkaia", "43.263", "-2.935"}},
    [GEN_IT] = {{"Milano", "Milano", "45.4642", "9.19"},
                {"Roma", "Roma", "41.9028", "12.4964"},
                {"Torino", "Torino", "45.0703", "7.6869"},
                {"Bologna", "Bologna", "44.4949", "11.3426"}},
    [GEN_PL] = {{"Warszawa", "Mazowieckie", "52.2297", "21.0122"},
                {"Kraków", "Małopolskie", "50.0647", "19.945"},
                {"Gdańsk", "Pomorskie", "54.352", "18.6466"},
                {"Poznań", "Wielkopolskie", "52.4064", "16.9252"}},
    [GEN_BR] = {{"São Paulo", "Sao Paulo", "-23.5505", "-46.6333"},
                {"Curitiba", "Parana", "-25.4284", "-49.2733"},
                {"Recife", "Pernambuco", "-8.0476", "-34.877"},
                {"Goiânia", "Goias", "-16.6869", "-49.2648"}},
    [GEN_IN] = {{"Pune", "Maharashtra", "18.5204", "73.8567"},
                {"Chennai", "Tamil Nadu", "13.0827", "80.2707"},
                {"Hyderabad", "Telangana", "17.385", "78.4867"},
                {"Kolkata", "West Bengal", "22.5726", "88.3639"}},
    [GEN_CA] = {{"Toronto", "Ontario", "43.6532", "-79.3832"},
                {"Ottawa", "Ontario", "45.4215", "-75.6972"},
                {"Calgary", "Alberta", "51.0447", "-114.0719"},
                {"Halifax", "Nova Scotia", "44.6488", "-63.5752"}},
    [GEN_SE] = {{"Stockholm", "Stockholms Lan", "59.3293", "18.0686"},
                {"Malmö", "Skane Lan", "55.605", "13.0038"},
                {"Uppsala", "Uppsala Lan", "59.8586", "17.6389"},
                {"Linköping", "Ostergotlands Lan", "58.4108", "15.6214"}},
    [GEN_RO] = {{"București", "Bucuresti", "44.4268", "26.1025"},
                {"Cluj-Napoca", "Cluj", "46.7712", "23.6236"},
                {"Iași", "Iasi", "47.1585", "27.6014"},
                {"Timișoara", "Timis", "45.7489", "21.2087"}},
};

#define IPV4(a, b, c, d)                                                                           \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* Private AS numbers (RFC 6996), but for the cloud provider, whose numbers the profiles name. */
const struct gen_network gen_networks[GEN_NETWORKS] = {
    /* Residential providers: sixteen /12 of 10.0.0.0/8. */
    {64601, GEN_US, 20, IPV4(10, 0, 0, 0)},
    {64602, GEN_US, 20, IPV4(10, 16, 0, 0)},
    {64603, GEN_US, 20, IPV4(10, 32, 0, 0)},
    {64604, GEN_GB, 20, IPV4(10, 48, 0, 0)},
    {64605, GEN_GB, 20, IPV4(10, 64, 0, 0)},
    {64606, GEN_DE, 20, IPV4(10, 80, 0, 0)},
    {64607, GEN_DE, 20, IPV4(10, 96, 0, 0)},
    {64608, GEN_FR, 20, IPV4(10, 112, 0, 0)},
    {64609, GEN_NL, 20, IPV4(10, 128, 0, 0)},
    {64610, GEN_ES, 20, IPV4(10, 144, 0, 0)},
    {64611, GEN_IT, 20, IPV4(10, 160, 0, 0)},
    {64612, GEN_PL, 20, IPV4(10, 176, 0, 0)},
    {64613, GEN_BR, 20, IPV4(10, 192, 0, 0)},
    {64614, GEN_IN, 20, IPV4(10, 208, 0, 0)},
    {64615, GEN_CA, 20, IPV4(10, 224, 0, 0)},
    {64616, GEN_SE, 20, IPV4(10, 240, 0, 0)},
    /* Mobile carriers, one a country: /14 of 100.64.0.0/10. */
    {64701, GEN_US, 18, IPV4(100, 64, 0, 0)},
    {64702, GEN_GB, 18, IPV4(100, 68, 0, 0)},
    {64703, GEN_DE, 18, IPV4(100, 72, 0, 0)},
    {64704, GEN_FR, 18, IPV4(100, 76, 0, 0)},
    {64705, GEN_NL, 18, IPV4(100, 80, 0, 0)},
    {64706, GEN_ES, 18, IPV4(100, 84, 0, 0)},
    {64707, GEN_IT, 18, IPV4(100, 88, 0, 0)},
    {64708, GEN_PL, 18, IPV4(100, 92, 0, 0)},
    {64709, GEN_BR, 18, IPV4(100, 96, 0, 0)},
    {64710, GEN_IN, 18, IPV4(100, 100, 0, 0)},
    {64711, GEN_CA, 18, IPV4(100, 104, 0, 0)},
    {64712, GEN_SE, 18, IPV4(100, 108, 0, 0)},
    {64713, GEN_RO, 18, IPV4(100, 112, 0, 0)},
    /* Hosting companies. */
    {64801, GEN_NL, 8, IPV4(203, 0, 113, 0)},
    {64802, GEN_DE, 16, IPV4(172, 24, 0, 0)},
    {64803, GEN_US, 16, IPV4(172, 25, 0, 0)},
    {64804, GEN_RO, 16, IPV4(172, 26, 0, 0)},
    {64805, GEN_BR, 16, IPV4(172, 27, 0, 0)},
    {64806, GEN_FR, 16, IPV4(172, 28, 0, 0)},
    /* Regions of one cloud provider. */
    {16509, GEN_US, 17, IPV4(172, 16, 0, 0)},
    {14618, GEN_US, 17, IPV4(172, 18, 0, 0)},
    {16509, GEN_DE, 17, IPV4(172, 20, 0, 0)},
    {16509, GEN_IN, 17, IPV4(172, 22, 0, 0)},
    /* Exits of an anonymising network. */
    {64901, GEN_DE, 8, IPV4(192, 0, 2, 0)},
    {64902, GEN_NL, 12, IPV4(172, 29, 0, 0)},
    {64903, GEN_RO, 12, IPV4(172, 30, 0, 0)},
    {64904, GEN_SE, 12, IPV4(172, 31, 0, 0)},
};

#define RESOURCE_GRAPH "00000003-0000-0000-c000-000000000000", "Microsoft Graph"
#define RESOURCE_DIRECTORY "00000002-0000-0000-c000-000000000000", "Windows Azure Active Directory"
#define RESOURCE_EXCHANGE "00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online"
#define RESOURCE_SHAREPOINT "00000003-0000-0ff1-ce00-000000000000", "Office 365 SharePoint Online"
#define RESOURCE_MANAGEMENT                                                                        \
    "797f4846-ba00-4fd7-ba43-dac1f8f63013", "Windows Azure Service Management API"

const struct gen_app gen_apps[GEN_APPS] = {
    [GEN_APP_OFFICE_HOME] = {"4765445b-32c6-49b0-83e6-1d93765276ca", "OfficeHome", RESOURCE_GRAPH},
    [GEN_APP_OUTLOOK_WEB] = {"9199bf20-a13f-4107-85dc-02114787ef48", "One Outlook Web",
                             RESOURCE_EXCHANGE},
    [GEN_APP_TEAMS_WEB] = {"5e3ce6c0-2b1f-4285-8d4b-75ee78787346", "Microsoft Teams Web Client",
                           RESOURCE_GRAPH},
    [GEN_APP_SHAREPOINT] = {"08e18876-6177-487e-b8b5-cf950c1e598c",
                            "SharePoint Online Web Client Extensibility", RESOURCE_SHAREPOINT},
    [GEN_APP_AZURE_PORTAL] = {"c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "Azure Portal",
                              RESOURCE_MANAGEMENT},
    [GEN_APP_MY_APPS] = {"2793995e-0a7d-40d7-bd35-6968ba142197", "My Apps", RESOURCE_DIRECTORY},
    [GEN_APP_PEOPLE_PORTAL] = {"6a1c27d4-93be-4e0a-8f55-20b7d1c4e9a3", "People Portal",
                               "6a1c27d4-93be-4e0a-8f55-20b7d1c4e9a3", "People Portal"},
    [GEN_APP_EXPENSES] = {"b3f0925e-74c8-4d16-a2e9-5c81f6d70b42", "Travel & Expenses",
                          RESOURCE_GRAPH},
    [GEN_APP_OFFICE] = {"d3590ed6-52b3-4102-aeff-aad2292ab01c", "Microsoft Office",
                        RESOURCE_EXCHANGE},
    [GEN_APP_TEAMS] = {"1fec8e78-bce4-4aaf-ab1b-5451cc387264", "Microsoft Teams", RESOURCE_GRAPH},
    [GEN_APP_ONEDRIVE] = {"ab9b8c07-8f02-4f72-87fa-80105867a763", "OneDrive SyncEngine",
                          RESOURCE_SHAREPOINT},
    [GEN_APP_WINDOWS_SIGN_IN] = {"38aa3b87-a06d-4817-b275-7a316988d93b", "Windows Sign In",
                                 RESOURCE_DIRECTORY},
    [GEN_APP_AUTH_BROKER] = {"29d9ed98-a469-4536-ade2-f981bc1d605e",
                             "Microsoft Authentication Broker", RESOURCE_GRAPH},
    [GEN_APP_OUTLOOK_MOBILE] = {"27922004-5251-4030-b22d-91ecd9a37ea4", "Outlook Mobile",
                                RESOURCE_EXCHANGE},
    [GEN_APP_TEAMS_MOBILE] = {"1fec8e78-bce4-4aaf-ab1b-5451cc387264", "Microsoft Teams",
                              RESOURCE_GRAPH},
    [GEN_APP_EXCHANGE] = {"00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online",
                          RESOURCE_EXCHANGE},
    [GEN_APP_AAD_POWERSHELL] = {"1b730954-1685-4b74-9bfd-dac224a7b894",
                                "Azure Active Directory PowerShell", RESOURCE_DIRECTORY},
    [GEN_APP_AAD_POWERSHELL_GRAPH] = {"1b730954-1685-4b74-9bfd-dac224a7b894",
                                      "Azure Active Directory PowerShell", RESOURCE_GRAPH},
    [GEN_APP_AZURE_CLI] = {"04b07795-8ddb-461a-bbee-02f9e1bf7b46", "Microsoft Azure CLI",
                           RESOURCE_MANAGEMENT},
    [GEN_APP_O365_SUITE] = {"4345a7b9-9a63-4910-a426-35363201d503", "O365 Suite UX",
                            RESOURCE_GRAPH},
    [GEN_APP_DEVICE_REGISTRATION] = {"01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9",
                                     "Device Registration Service", RESOURCE_DIRECTORY},
    [GEN_APP_AAD_PASSTHROUGH] = {"38aa3b87-a06d-4817-b275-7a316988d93b", "Windows Sign In",
                                 RESOURCE_GRAPH},
    [GEN_APP_CRM_SYNC] = {"e58d0c1b-2f67-4a39-b0d4-71c9a3e6f528", "CRM Synchronisation",
                          RESOURCE_GRAPH},
};

#define WINDOWS "Mozilla/5.0 (Windows NT 10.0; Win64; x64) "
#define MAC "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) "
#define WEBKIT "AppleWebKit/537.36 (KHTML, like Gecko) "

const struct gen_agent gen_agents[GEN_AGENTS] = {
    [GEN_AGENT_EDGE_WINDOWS] = {WINDOWS WEBKIT "Chrome/#.0.0.0 Safari/537.36 Edg/#.0.0.0",
                                "Windows10", "Edge #.0.0", 119},
    [GEN_AGENT_CHROME_WINDOWS] = {WINDOWS WEBKIT "Chrome/#.0.0.0 Safari/537.36", "Windows10",
                                  "Chrome #.0.0", 119},
    [GEN_AGENT_FIREFOX_WINDOWS] = {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:#.0) "
                                   "Gecko/20100101 Firefox/#.0",
                                   "Windows10", "Firefox #.0", 120},
    [GEN_AGENT_CHROME_MAC] = {MAC WEBKIT "Chrome/#.0.0.0 Safari/537.36", "MacOs", "Chrome #.0.0",
                              119},
    [GEN_AGENT_SAFARI_MAC] = {MAC "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.~ "
                                  "Safari/605.1.15",
                              "MacOs", "Safari 17.~", 1},
    [GEN_AGENT_SAFARI_IPHONE] = {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_~ like Mac OS X) "
                                 "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.~ "
                                 "Mobile/15E148 Safari/604.1",
                                 "Ios 17.~", "Mobile Safari", 1},
    [GEN_AGENT_CHROME_ANDROID] = {"Mozilla/5.0 (Linux; Android 10; K) " WEBKIT
                                  "Chrome/#.0.0.0 Mobile Safari/537.36",
                                  "Android 10", "Chrome Mobile #.0.0", 119},
    [GEN_AGENT_OFFICE_WINDOWS] = {"Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Win64; x64; "
                                  "Trident/7.0; .NET4.0C; .NET4.0E; Microsoft Outlook "
                                  "16.0.17~0; ms-office; MSOffice 16)",
                                  "Windows10", "Rich Client 5.~.0.0", 12},
    [GEN_AGENT_OFFICE_MAC] = {"MacOutlook/16.~.23121017 (Intelx64 Mac OS X Version 14.1 "
                              "(Build 23B74))",
                              "MacOs", "Rich Client 4.~.0.0", 79},
    [GEN_AGENT_TEAMS_WINDOWS] = {WINDOWS WEBKIT "Teams/23320.3021.~.5 Chrome/#.0.0.0 "
                                                "Safari/537.36 Edg/#.0.0.0",
                                 "Windows10", "Edge #.0.0", 119},
    [GEN_AGENT_ONEDRIVE] = {"Microsoft SkyDriveSync 23.246.~.0003 ship; Windows NT 10.0 (22631)",
                            "Windows10", "Rich Client 4.~.0.0", 26},
    [GEN_AGENT_OUTLOOK_IPHONE] = {"Outlook-iOS/723.~.1.prod.iphone (4.23.~)", "Ios 17.~",
                                  "Mobile Safari", 10},
    [GEN_AGENT_OUTLOOK_ANDROID] = {"Dalvik/2.1.0 (Linux; U; Android 14; SM-S911B "
                                   "Build/UP1A.~0922.003)",
                                   "Android 14", "Chrome Mobile", 23},
    [GEN_AGENT_BROKER_WINDOWS] = {"Windows-AzureAD-Authentication-Provider/1.0", "Windows10",
                                  "Rich Client 5.~.0.0", 12},
    [GEN_AGENT_SERVER_EDGE] = {WINDOWS WEBKIT "Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.61",
                               "Windows10", "Edge 120.0.2210", 0},
    [GEN_AGENT_SERVICE] = {"python-requests/2.31.0", "", "Python Requests 2.31", 0},
    [GEN_AGENT_ACTIVESYNC] = {"Apple-iPhone14C5/2102.61", "Ios", "", 0},
    [GEN_AGENT_POWERSHELL] = {"Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) "
                              "WindowsPowerShell/5.1.19041.3803",
                              "Windows", "", 0},
    [GEN_AGENT_CHROME_104] = {WINDOWS WEBKIT "Chrome/104.0.5112.102 Safari/537.36", "Windows10",
                              "Chrome 104.0.5112", 0},
    [GEN_AGENT_AUTODISCOVER] = {"Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook "
                                "16.0.12026; Pro)",
                                "Windows10", "Rich Client", 0},
    [GEN_AGENT_AZUREAD_PROVIDER] = {"Windows-AzureAD-Authentication-Provider/1.0", "", "", 0},
    [GEN_AGENT_TEAMS_OLD] = {WINDOWS WEBKIT "Teams/1.3.00.30866 Chrome/80.0.3987.165 "
                                            "Electron/8.5.1 Safari/537.36",
                             "Windows10", "Chrome 80.0.3987", 0},
    [GEN_AGENT_CHROME_131] = {WINDOWS WEBKIT "Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
                              "Windows10", "Edge 131.0.0", 0},
    [GEN_AGENT_FIREFOX_OLD] = {"Mozilla/5.0 (Windows NT 6.1; Win64; x64; rv:65.0) Gecko/20100101 "
                               "Firefox/65.0",
                               "Windows7", "Firefox 65.0", 0},
    [GEN_AGENT_MSIE_10] = {"Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.1; Trident/6.0)",
                           "Windows7", "IE 10.0", 0},
    [GEN_AGENT_CHROME_79] = {WINDOWS WEBKIT "Chrome/79.0.3945.130 Safari/537.36", "Windows10",
                             "Chrome 79.0.3945", 0},
    [GEN_AGENT_CHROME_80_WIN7] = {"Mozilla/5.0 (Windows NT 6.1; Win64; x64) " WEBKIT
                                  "Chrome/80.0.3987.149 Safari/537.36",
                                  "Windows7", "Chrome 80.0.3987", 0},
    [GEN_AGENT_OUTLOOK_2016] = {"Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook "
                                "16.0.10730; Pro)",
                                "Windows10", "Rich Client", 0},
    [GEN_AGENT_FASTHTTP] = {"fasthttp", "", "", 0},
    [GEN_AGENT_GO_CLIENT] = {"go-http-client", "", "", 0},
    [GEN_AGENT_NONE] = {"", "", "", 0},
};

const struct gen_code gen_codes[GEN_CODES] = {
    [GEN_CODE_SUCCESS] = {0, GEN_PROOF_RIGHT, true, "", NULL},
    [GEN_CODE_WRONG_PASSWORD] =
        {50126, GEN_PROOF_WRONG, false,
         "Error validating credentials due to invalid username or password.", NULL},
    [GEN_CODE_UNKNOWN_USER] =
        {50034, GEN_PROOF_NONE, false,
         "The user account does not exist in the directory. To sign into this "
         "application, the account must be added to the directory.",
         NULL},
    [GEN_CODE_LOCKED] = {50053, GEN_PROOF_NONE, false,
                         "The account is locked, you've tried to sign in too many times with an "
                         "incorrect user ID or password.",
                         NULL},
    [GEN_CODE_EXPIRED] =
        {50055, GEN_PROOF_NONE, true, "The password is expired.",
         "The user's password is expired, and therefore their login or session was "
         "ended."},
    [GEN_CODE_EXPIRED_ONPREM] = {50144, GEN_PROOF_NONE, true,
                                 "The user's Active Directory password has expired.", NULL},
    [GEN_CODE_DISABLED] = {50057, GEN_PROOF_NONE, false, "The user account is disabled.", NULL},
    [GEN_CODE_MFA_NEEDED] = {50074, GEN_PROOF_STOPPED, true, "Strong Authentication is required.",
                             "MFA required in Azure AD"},
    [GEN_CODE_MFA_CHANGED] =
        {50076, GEN_PROOF_STOPPED, true,
         "Due to a configuration change made by your administrator, or because "
         "you moved to a new location, you must use multi-factor "
         "authentication to access the resource.",
         "MFA required in Azure AD"},
    [GEN_CODE_MFA_ENROL] = {50079, GEN_PROOF_STOPPED, true,
                            "Due to a configuration change made by your administrator, or because "
                            "you moved to a new location, you must enroll in multi-factor "
                            "authentication to access the resource.",
                            "MFA required in Azure AD"},
    [GEN_CODE_MFA_DENIED] = {500121, GEN_PROOF_STOPPED, true,
                             "Authentication failed during strong authentication request.",
                             "MFA denied; user did not respond to mobile app notification"},
    [GEN_CODE_POLICY] =
        {53003, GEN_PROOF_BLOCKED, true,
         "Access has been blocked by Conditional Access policies. The access policy "
         "does not allow token issuance.",
         NULL},
    [GEN_CODE_DEVICE] =
        {53000, GEN_PROOF_BLOCKED, true,
         "Device is not in required device state: {state}. Conditional Access policy "
         "requires a compliant device, and the device is not compliant.",
         NULL},
    [GEN_CODE_DEVICE_STEP] = {50097, GEN_PROOF_NONE, false, "Device authentication is required.",
                              NULL},
    [GEN_CODE_STAY_SIGNED_IN] = {50140, GEN_PROOF_RIGHT, true,
                                 "This occurred due to 'Keep me signed in' interrupt when the user "
                                 "was signing in.",
                                 NULL},
    [GEN_CODE_NO_SESSION] = {50058, GEN_PROOF_NONE, false,
                             "Session information is not sufficient for single-sign-on.", NULL},
    [GEN_CODE_CONSENT] =
        {65001, GEN_PROOF_RIGHT, true,
         "The user or administrator has not consented to use the application. Send "
         "an interactive authorization request for this user and resource.",
         NULL},
    [GEN_CODE_NOT_ASSIGNED] = {50105, GEN_PROOF_RIGHT, true,
                               "Your administrator has configured the application to block users "
                               "unless they are specifically granted ('assigned') access to the "
                               "application.",
                               NULL},
    [GEN_CODE_TOKEN_EXPIRED] = {70043, GEN_PROOF_NONE, false,
                                "The refresh token has expired or is invalid due to sign-in "
                                "frequency checks by conditional access.",
                                NULL},
    [GEN_CODE_OUTAGE] = {90033, GEN_PROOF_NONE, false,
                         "A transient error has occurred. Please try again.", NULL},
    [GEN_CODE_SECRET] = {7000215, GEN_PROOF_NONE, false, "Invalid client secret is provided.",
                         NULL},
};

uint32_t gen_code_find(uint32_t code)
{
    uint32_t index = 0;
    while (index < GEN_CODES && gen_codes[index].code != code)
        index++;
    return index;
}
