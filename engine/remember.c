#include "engine/remember.h"

#include <stdlib.h>

#include "engine/base/civil.h"
#include "engine/cusum.h"
#include "engine/state_list.h"
#include "engine/state_merge.h"
#include "parsers/address.h"

/* What a detector is called in a state. */
static struct slice detector_text(const struct detector *detector)
{
    return slice_from_string(detector->name[0] != '\0' ? detector->name : detector->title);
}

/* ---- names ------------------------------------------------------------------------------------
 */

static bool is_address(enum event_field field)
{
    return field == FIELD_SOURCE || field == FIELD_SOURCE_24 || field == FIELD_SOURCE_64 ||
           field == FIELD_SOURCE_48;
}

static void key_address(struct state_key *key, const struct names *names, uint32_t index)
{
    const struct address_entry *const entry = names_address(names, index);
    char text[STATE_ADDRESS_BYTES];
    memcpy(text, entry->address.bytes, sizeof(entry->address.bytes));
    text[STATE_ADDRESS_BYTES - 1] = (char)entry->prefix_bits;
    state_key_text(key, slice_of(text, sizeof(text)));
}

/* NAME_NONE: it is no address, or there is no room for it. */
static uint32_t address_of(struct names *names, struct slice text)
{
    if (text.bytes != STATE_ADDRESS_BYTES)
        return NAME_NONE;
    struct address address;
    memcpy(address.bytes, text.start, sizeof(address.bytes));
    const unsigned bits = (unsigned char)text.start[STATE_ADDRESS_BYTES - 1];
    uint32_t index = NAME_NONE;
    if (bits == 128)
        index =
            names_intern_address(names, &address, names_address_hash(names->key, &address, 128));
    else if (bits == 120 || bits == 64 || bits == 48)
        index = names_intern_prefix(names, &address, bits);
    return index != NAME_OTHER ? index : NAME_NONE;
}

/* NAME_NONE for the empty text; NAME_OTHER: there is no room for it. */
static uint32_t name_of(struct names *names, enum event_text kind, struct slice text)
{
    const struct text_ref ref = {.hash = hash_bytes(names->key, text.start, text.bytes),
                                 .bytes = (uint32_t)text.bytes};
    return names_intern(names, kind, text.start, &ref);
}

/* ---- windows ----------------------------------------------------------------------------------
 */

/* False: the window is not remembered. The number of a dataset means nothing to another program. */
static bool window_key(struct state_key *key, const struct remember *remember,
                       const struct detector *detector, const struct lasting *lasting)
{
    const struct detector_key *const plan = &detector->keys[lasting->key_index];
    const struct slice name = detector_text(detector);
    if (name.bytes > LIMIT_TEXT_BYTES)
        return false;
    state_key_begin(key, STATE_WINDOW);
    state_key_count(key, plan->fields_count);
    state_key_text(key, name);
    for (unsigned i = 0; i < plan->fields_count; i++) {
        const enum event_field field = plan->fields[i];
        const enum event_text text = field_text(field);
        if (field == FIELD_DATASET)
            return false;
        state_key_text(key, slice_from_string(field_name(field)));
        if (text < TEXT_COUNTED)
            state_key_text(key, names_text(remember->names, text, lasting->key[i]));
        else if (is_address(field))
            key_address(key, remember->names, lasting->key[i]);
        else
            state_key_number(key, lasting->key[i]);
    }
    return true;
}

static bool key_has_fields(const struct detector_key *key, const struct state_fact *fact)
{
    if (2 * key->fields_count + 1 != fact->texts_count)
        return false;
    for (unsigned i = 0; i < key->fields_count; i++) {
        if (!slice_equals(slice_from_string(field_name(key->fields[i])), fact->texts[2 * i + 1]))
            return false;
    }
    return true;
}

/* The detector and key that a window is of; false: the rules have changed. */
static bool window_detector(const struct remember *remember, const struct state_fact *fact,
                            size_t *detector, unsigned *key_index)
{
    size_t count;
    const struct detector *const detectors = ruleset_detectors(remember->ruleset, &count);
    for (*detector = 0; *detector < count; (*detector)++) {
        if (!slice_equals(detector_text(&detectors[*detector]), fact->texts[0]))
            continue;
        for (*key_index = 0; *key_index < detectors[*detector].keys_count; (*key_index)++) {
            if (key_has_fields(&detectors[*detector].keys[*key_index], fact))
                return true;
        }
    }
    return false;
}

static bool window_value(struct names *names, enum event_field field, struct slice text,
                         uint32_t *value)
{
    const enum event_text kind = field_text(field);
    uint64_t number;
    if (kind < TEXT_COUNTED) {
        *value = name_of(names, kind, text);
        return *value != NAME_OTHER && (*value != NAME_NONE || field == FIELD_TENANT);
    }
    if (is_address(field)) {
        *value = address_of(names, text);
        return *value != NAME_NONE;
    }
    if (!state_number_of(text, &number) || number == 0 || number > UINT32_MAX)
        return false;
    *value = (uint32_t)number;
    return true;
}

/* A window being restored, fact by fact. */
struct restoring {
    struct detect *detect; /* whose it is; NULL: it is not of use, or there is no room */
    struct lasting lasting;
    bool has_hours;
};

static void window_begin(struct remember *remember, struct restoring *restoring,
                         const struct state_fact *fact, const struct state_entry *entry)
{
    size_t detector;
    unsigned key_index;
    restoring->detect = NULL;
    restoring->has_hours = false;
    /* One that would be over by now stays in the state for another that knows of a later use. */
    if (civil_elapsed(remember->watched->newest_ns, entry->values[0]) >
            BASELINE_IDLE_DAYS * CIVIL_DAY_NS ||
        !window_detector(remember, fact, &detector, &key_index))
        return;
    size_t count;
    const struct detector_key *const key =
        &ruleset_detectors(remember->ruleset, &count)[detector].keys[key_index];
    uint32_t values[FINDING_KEY_PARTS_MAX] = {0};
    for (unsigned i = 0; i < key->fields_count; i++) {
        if (!window_value(remember->names, key->fields[i], fact->texts[2 * i + 2], &values[i])) {
            remember->refused++;
            return;
        }
    }
    for (size_t i = 0; i < remember->detects_count; i++) {
        if (detect_restore(remember->detects[i], detector, key_index, values, entry->values[0],
                           &restoring->lasting)) {
            restoring->detect = remember->detects[i];
            return;
        }
    }
    remember->refused++;
}

/* Days come before hours, so all attempts are known when the first hour comes, or the end. */
static void window_hours(struct restoring *restoring, bool has_hours)
{
    if (restoring->detect == NULL || restoring->has_hours)
        return;
    restoring->has_hours = has_hours;
    detect_restore_hours(restoring->detect, &restoring->lasting, has_hours);
}

static void window_load(struct remember *remember, struct restoring *restoring,
                        const struct state_fact *fact, const struct state_entry *entry)
{
    if (fact->aspect == STATE_WINDOW_USED) {
        window_hours(restoring, false);
        window_begin(remember, restoring, fact, entry);
    }
    if (restoring->detect == NULL)
        return;
    struct lasting *const lasting = &restoring->lasting;
    const struct baseline_slot slot = {.count = (uint32_t)entry->values[0],
                                       .is_alerted = entry->values[1] != 0};
    switch ((enum state_window_aspect)fact->aspect) {
    case STATE_WINDOW_FROZEN:
        *lasting->frozen = (struct baseline_stats){.samples = 1,
                                                   .median = state_double_of(entry->values[1]),
                                                   .deviation = state_double_of(entry->values[2])};
        break;
    case STATE_WINDOW_SUM:
        if (lasting->cusum != NULL) {
            lasting->cusum->at_ns = entry->values[0];
            lasting->cusum->sum = state_double_of(entry->values[1]);
        }
        break;
    case STATE_WINDOW_DAYS:
        *lasting->events += slot.count;
        baseline_add_day(lasting->baseline, fact->number, slot);
        break;
    case STATE_WINDOW_HOURS:
        window_hours(restoring, true);
        baseline_add_hour(lasting->baseline, fact->number, slot);
        break;
    case STATE_WINDOW_GOODS:
        if (lasting->goods != NULL)
            goods_add(lasting->goods, fact->number, slot.count);
        break;
    case STATE_WINDOW_USED:
    case STATE_WINDOW_ASPECTS:
        break;
    }
}

/* What a visit to a window needs. */
struct saving {
    const struct remember *remember;
    const struct detector *detectors;
    struct state_list *list;
    struct state_key key;
};

static int64_t not_after(int64_t time_ns, int64_t newest_ns)
{
    return time_ns < newest_ns ? time_ns : newest_ns;
}

static void slot_save(struct state_list *list, unsigned aspect, int64_t number,
                      struct baseline_slot slot)
{
    if (slot.count > 0 || slot.is_alerted)
        state_list_add(list, aspect, number, (const int64_t[]){slot.count, slot.is_alerted});
}

static void window_save(void *visitor, const struct lasting *lasting)
{
    struct saving *const saving = visitor;
    struct state_list *const list = saving->list;
    if (!window_key(&saving->key, saving->remember, &saving->detectors[lasting->detector], lasting))
        return;
    state_list_about(list, &saving->key);
    const struct baseline *const baseline = lasting->baseline;
    const int64_t newest_ns = saving->remember->watched->newest_ns;
    const int64_t used_ns = not_after(lasting->last_ns, newest_ns);
    state_list_add(list, STATE_WINDOW_USED, 0, &used_ns);
    if (lasting->frozen->samples > 0)
        state_list_add(list, STATE_WINDOW_FROZEN, 0,
                       (const int64_t[]){used_ns, state_bits_of(lasting->frozen->median),
                                         state_bits_of(lasting->frozen->deviation)});
    if (lasting->cusum != NULL && lasting->cusum->sum > 0)
        state_list_add(list, STATE_WINDOW_SUM, 0,
                       (const int64_t[]){not_after(lasting->cusum->at_ns, newest_ns),
                                         state_bits_of(lasting->cusum->sum)});
    const int64_t today = civil_units(newest_ns, CIVIL_DAY_NS);
    for (int64_t day = today - BASELINE_DAYS + 1; day <= today; day++)
        slot_save(list, STATE_WINDOW_DAYS, day, baseline_day_at(baseline, day));
    const int64_t hour_now = civil_units(newest_ns, CIVIL_HOUR_NS);
    for (int64_t hour = hour_now - BASELINE_HOURS + 1; hour <= hour_now && baseline->hours != NULL;
         hour++)
        slot_save(list, STATE_WINDOW_HOURS, hour, baseline_hour_at(baseline, hour));
    const int64_t bucket_now = civil_units(newest_ns, GOODS_NS);
    for (int64_t bucket = bucket_now - GOODS_BUCKETS + 1;
         bucket <= bucket_now && lasting->goods != NULL; bucket++)
        slot_save(list, STATE_WINDOW_GOODS, bucket,
                  (struct baseline_slot){.count = goods_at(lasting->goods, bucket)});
}

/* ---- accounts ---------------------------------------------------------------------------------
 */

static int64_t seconds_ns(uint32_t seconds)
{
    return seconds * CIVIL_SECOND_NS;
}

/* A network as two numbers; which bits of it count, its family says. */
static void failed_save(struct state_list *list, const struct names *names,
                        const struct familiar_account *account)
{
    const uint8_t *const bytes = names_address(names, account->failed_network)->address.bytes;
    int64_t values[3] = {account->failed_ns, 0, 0};
    memcpy(&values[1], bytes, 8);
    memcpy(&values[2], bytes + 8, 8);
    state_list_add(list, STATE_ACCOUNT_FAILED, 0, values);
}

static void failed_load(struct remember *remember, struct familiar_account *account,
                        const struct state_entry *entry)
{
    struct address network;
    memcpy(network.bytes, &entry->values[1], 8);
    memcpy(network.bytes + 8, &entry->values[2], 8);
    const uint32_t index =
        names_intern_prefix(remember->names, &network, address_is_ipv4(&network) ? 120 : 64);
    account->failed_ns = entry->values[0];
    account->failed_network = index != NAME_OTHER ? index : NAME_NONE;
}

static void account_load(struct remember *remember, const struct state_fact *fact,
                         const struct state_entry *entry)
{
    struct familiar *const familiar = remember->familiar;
    const uint32_t index = name_of(remember->names, TEXT_ACCOUNT, fact->texts[0]);
    struct familiar_account *const account = familiar_account_at(familiar, index);
    struct familiar_times *const times = familiar_times_at(familiar, index);
    if (account == NULL || times == NULL) {
        remember->refused++;
        return;
    }
    const uint32_t seconds = familiar_seconds(entry->values[0]);
    switch ((enum state_account_aspect)fact->aspect) {
    case STATE_ACCOUNT_SIGNED_IN:
        account->has_signed_in = true;
        times->last_ns = entry->values[0];
        account->first_ns = ~entry->values[1];
        break;
    case STATE_ACCOUNT_FAILED:
        failed_load(remember, account, entry);
        break;
    case STATE_ACCOUNT_NETWORKS: {
        const uint32_t network = address_of(remember->names, fact->texts[1]);
        if (network != NAME_NONE)
            familiar_restore_place(account->networks, times->networks, FAMILIAR_PLACES_MAX, network,
                                   seconds);
        break;
    }
    case STATE_ACCOUNT_AGENTS: {
        const uint32_t user_agent = name_of(remember->names, TEXT_USER_AGENT, fact->texts[1]);
        const uint32_t client = name_of(remember->names, TEXT_CLIENT_ID, fact->texts[2]);
        if (user_agent == NAME_OTHER || client == NAME_OTHER ||
            familiar_agent(user_agent, client) == 0)
            break;
        familiar_restore_agent(familiar, user_agent, client, 0);
        familiar_restore_place(account->agents, times->agents, FAMILIAR_PLACES_MAX,
                               familiar_agent(user_agent, client), seconds);
        break;
    }
    case STATE_ACCOUNT_PROVIDERS: {
        uint64_t provider;
        if (state_number_of(fact->texts[1], &provider) && provider > 0 && provider <= UINT32_MAX)
            familiar_restore_place(account->providers, times->providers, FAMILIAR_PROVIDERS_MAX,
                                   (uint32_t)provider, seconds);
        break;
    }
    case STATE_ACCOUNT_ASPECTS:
        break;
    }
}

static void place_save(struct saving *saving, unsigned aspect, uint32_t seconds)
{
    state_list_about(saving->list, &saving->key);
    state_list_add(saving->list, aspect, 0, (const int64_t[]){seconds_ns(seconds)});
}

static void account_save_places(struct saving *saving, const struct familiar_account *account,
                                const struct familiar_times *times)
{
    const struct names *const names = saving->remember->names;
    struct state_key *const key = &saving->key;
    const size_t about_bytes = key->bytes;
    for (size_t i = 0; i < FAMILIAR_PLACES_MAX && account->networks[i] != 0; i++) {
        key->bytes = about_bytes;
        state_key_aspect(key, STATE_ACCOUNT_NETWORKS);
        key_address(key, names, account->networks[i]);
        place_save(saving, STATE_ACCOUNT_NETWORKS, times->networks[i]);
    }
    for (size_t i = 0; i < FAMILIAR_PLACES_MAX && account->agents[i] != 0; i++) {
        uint32_t user_agent, client;
        if (!familiar_agent_pair(saving->remember->familiar, account->agents[i], &user_agent,
                                 &client))
            continue;
        key->bytes = about_bytes;
        state_key_aspect(key, STATE_ACCOUNT_AGENTS);
        state_key_text(key, names_text(names, TEXT_USER_AGENT, user_agent));
        state_key_text(key, names_text(names, TEXT_CLIENT_ID, client));
        place_save(saving, STATE_ACCOUNT_AGENTS, times->agents[i]);
    }
    for (size_t i = 0; i < FAMILIAR_PROVIDERS_MAX && account->providers[i] != 0; i++) {
        key->bytes = about_bytes;
        state_key_aspect(key, STATE_ACCOUNT_PROVIDERS);
        state_key_number(key, account->providers[i]);
        place_save(saving, STATE_ACCOUNT_PROVIDERS, times->providers[i]);
    }
}

static void account_save(struct saving *saving, uint32_t index)
{
    const struct remember *const remember = saving->remember;
    const struct familiar_account *const account = familiar_account_at(remember->familiar, index);
    const struct familiar_times *const times = familiar_times_at(remember->familiar, index);
    if (account == NULL || times == NULL ||
        (!account->has_signed_in && account->failed_network == NAME_NONE))
        return;
    const int64_t newest_ns = remember->watched->newest_ns;
    state_key_begin(&saving->key, STATE_ACCOUNT);
    state_key_text(&saving->key, names_text(remember->names, TEXT_ACCOUNT, index));
    state_list_about(saving->list, &saving->key);
    if (account->has_signed_in)
        state_list_add(saving->list, STATE_ACCOUNT_SIGNED_IN, 0,
                       (const int64_t[]){not_after(times->last_ns, newest_ns),
                                         ~not_after(account->first_ns, newest_ns)});
    if (account->failed_network != NAME_NONE)
        failed_save(saving->list, remember->names, account);
    account_save_places(saving, account, times);
}

/* ---- programs and places ----------------------------------------------------------------------
 */

static void program_load(struct remember *remember, const struct state_fact *fact,
                         const struct state_entry *entry)
{
    const uint32_t user_agent = name_of(remember->names, TEXT_USER_AGENT, fact->texts[0]);
    const uint32_t client = name_of(remember->names, TEXT_CLIENT_ID, fact->texts[1]);
    if (user_agent == NAME_OTHER || client == NAME_OTHER)
        remember->refused++;
    else if (familiar_agent(user_agent, client) != 0)
        familiar_restore_agent(remember->familiar, user_agent, client, (uint32_t)entry->values[0]);
}

static void programs_save(struct saving *saving)
{
    const struct remember *const remember = saving->remember;
    const struct table *const agents = &remember->familiar->agents;
    const int64_t month = civil_units(remember->watched->newest_ns, STATE_MONTH_NS);
    for (size_t i = 0; i < agents->capacity; i++) {
        const struct table_slot *const slot = &agents->slots[i];
        const int64_t sign_ins = (int64_t)(uint32_t)slot->value - (int64_t)(slot->value >> 32);
        uint32_t user_agent, client;
        if (slot->key == 0 || sign_ins <= 0 ||
            !familiar_agent_pair(remember->familiar, (uint32_t)slot->key, &user_agent, &client))
            continue;
        state_key_begin(&saving->key, STATE_PROGRAM);
        state_key_text(&saving->key, names_text(remember->names, TEXT_USER_AGENT, user_agent));
        state_key_text(&saving->key, names_text(remember->names, TEXT_CLIENT_ID, client));
        state_list_about(saving->list, &saving->key);
        state_list_add(saving->list, STATE_PROGRAM_SIGN_INS, month, &sign_ins);
    }
}

static void network_load(struct remember *remember, const struct state_fact *fact)
{
    const uint32_t network = address_of(remember->names, fact->texts[0]);
    if (network == NAME_NONE)
        remember->refused++;
    else
        familiar_restore_network(remember->familiar, network);
}

/* Those of earlier runs are known to be as old as they were. */
static void networks_save(struct saving *saving)
{
    const struct remember *const remember = saving->remember;
    const uint32_t count = remember->names->addresses.count;
    const struct region *const used = &remember->familiar->used;
    for (uint32_t index = NAME_OTHER + 1; index < count && index < used->bytes_max; index++) {
        if (used->start[index] != FAMILIAR_USED)
            continue;
        state_key_begin(&saving->key, STATE_NETWORK);
        key_address(&saving->key, remember->names, index);
        state_list_about(saving->list, &saving->key);
        state_list_add(saving->list, STATE_PLACE_LAST, 0, &remember->watched->newest_ns);
    }
}

static void visit_load(struct remember *remember, const struct state_fact *fact)
{
    struct names *const names = remember->names;
    const uint32_t tenant = name_of(names, TEXT_TENANT, fact->texts[0]);
    const uint32_t source = address_of(names, fact->texts[1]);
    const uint32_t account = name_of(names, TEXT_ACCOUNT, fact->texts[2]);
    if (tenant == NAME_OTHER || source == NAME_NONE || account <= NAME_OTHER ||
        names_address(names, source)->prefix_bits != 128) {
        remember->refused++;
        return;
    }
    const struct address_entry *const entry = names_address(names, source);
    const struct attempt visit = {
        .outcome = OUTCOME_SUCCESS,
        .source = source,
        .source_network = entry->network,
        .source_site = entry->site,
        .flags = entry->network != entry->site ? EVENT_SOURCE_IPV6 : 0,
        .name = {[TEXT_ACCOUNT] = account, [TEXT_TENANT] = tenant},
    };
    visits_restore(remember->visits, tenant, source, account);
    for (size_t i = 0; i < remember->detects_count; i++)
        detect_restore_visit(remember->detects[i], &visit);
}

static void visits_save(struct saving *saving)
{
    const struct remember *const remember = saving->remember;
    const struct visits *const visits = remember->visits;
    for (size_t i = 0; i < visits->capacity; i++) {
        const struct visit *const visit = &visits->places[i];
        if (visit->account == 0 || visit->day == 0)
            continue;
        const int64_t last_ns =
            not_after((int64_t)(visit->day - 1) * CIVIL_DAY_NS, remember->watched->newest_ns);
        state_key_begin(&saving->key, STATE_VISIT);
        state_key_text(&saving->key, names_text(remember->names, TEXT_TENANT, visit->tenant));
        key_address(&saving->key, remember->names, visit->source);
        state_key_text(&saving->key, names_text(remember->names, TEXT_ACCOUNT, visit->account));
        state_list_about(saving->list, &saving->key);
        state_list_add(saving->list, STATE_PLACE_LAST, 0, &last_ns);
    }
}

static void known_load(struct remember *remember, const struct state_fact *fact,
                       const struct state_entry *entry)
{
    const uint32_t source = address_of(remember->names, fact->texts[0]);
    if (source == NAME_NONE)
        remember->refused++;
    else
        campaigns_restore_known(remember->campaigns, source, entry->values[0]);
}

static void known_save(void *visitor, uint32_t source, int64_t ended_ns)
{
    struct saving *const saving = visitor;
    const int64_t known_ns = not_after(ended_ns, saving->remember->watched->newest_ns);
    state_key_begin(&saving->key, STATE_KNOWN);
    key_address(&saving->key, saving->remember->names, source);
    state_list_about(saving->list, &saving->key);
    state_list_add(saving->list, STATE_PLACE_LAST, 0, &known_ns);
}

/* ---- loading ----------------------------------------------------------------------------------
 */

static void span_load(struct remember *remember, const struct state_fact *fact,
                      const struct state_entry *entry)
{
    struct watched *const watched = remember->watched;
    if (fact->aspect == STATE_SPAN_NEWEST)
        watched_resume(watched, entry->values[0], entry->values[0]);
    else
        watched_resume(watched, entry->values[0], watched->newest_ns);
    for (size_t i = 0; i < remember->detects_count; i++)
        detect_set_start(remember->detects[i], watched->oldest_ns);
    campaigns_set_start(remember->campaigns, watched->oldest_ns);
}

static void fact_load(struct remember *remember, struct restoring *restoring,
                      const struct state_fact *fact, const struct state_entry *entry)
{
    switch (fact->kind) {
    case STATE_SPAN:
        span_load(remember, fact, entry);
        break;
    case STATE_WINDOW:
        window_load(remember, restoring, fact, entry);
        break;
    case STATE_ACCOUNT:
        account_load(remember, fact, entry);
        break;
    case STATE_PROGRAM:
        program_load(remember, fact, entry);
        break;
    case STATE_NETWORK:
        network_load(remember, fact);
        break;
    case STATE_VISIT:
        visit_load(remember, fact);
        break;
    case STATE_KNOWN:
        known_load(remember, fact, entry);
        break;
    case STATE_KINDS_END:
        break;
    }
}

enum status remember_load(struct remember *remember, struct state_dir *dir)
{
    struct state_reader *reader;
    enum status status = state_dir_read(dir, &reader);
    if (status != STATUS_OK || reader == NULL)
        return status;
    struct restoring restoring = {0};
    struct state_entry entry;
    struct state_fact fact;
    while (state_reader_next(reader, &entry)) {
        if (!state_fact_read(&fact, &entry))
            return STATUS_INTERNAL; /* the directory has looked at all of them */
        fact_load(remember, &restoring, &fact, &entry);
    }
    window_hours(&restoring, false);
    status = state_reader_status(reader);
    if (status != STATUS_OK)
        fprintf(stderr, "spraywatch: the state cannot be read: %s\n", state_reader_problem(reader));
    return status;
}

/* ---- saving -----------------------------------------------------------------------------------
 */

static void list_fill(struct remember *remember, struct saving *saving)
{
    struct state_list *const list = saving->list;
    size_t count;
    saving->remember = remember;
    saving->detectors = ruleset_detectors(remember->ruleset, &count);
    state_key_begin(&saving->key, STATE_SPAN);
    state_list_about(list, &saving->key);
    state_list_add(list, STATE_SPAN_NEWEST, 0, &remember->watched->newest_ns);
    state_list_add(list, STATE_SPAN_OLDEST, 0, &remember->watched->oldest_ns);
    for (size_t i = 0; i < remember->detects_count; i++)
        detect_visit(remember->detects[i], window_save, saving);
    const uint32_t accounts_end = names_count(remember->names, TEXT_ACCOUNT) + NAME_OTHER + 1;
    for (uint32_t index = NAME_OTHER + 1; index < accounts_end; index++)
        account_save(saving, index);
    programs_save(saving);
    networks_save(saving);
    visits_save(saving);
    campaigns_visit_known(remember->campaigns, known_save, saving);
    remember->refused += remember->visits->refused;
    state_list_sort(list);
}

/* Joins the list with what was known before. */
static enum status list_write(struct state_list *list, struct state_dir *dir)
{
    struct state_reader *reader;
    enum status status = state_dir_read(dir, &reader);
    if (status == STATUS_OK && reader != NULL)
        status = state_list_subtract(list, reader);
    if (status != STATUS_OK)
        return status;
    state_list_sign(list);
    status = state_dir_read(dir, &reader);
    if (status != STATUS_OK)
        return status;
    struct state_source sources[2] = {{.next = state_list_next, .self = list}};
    if (reader != NULL)
        sources[1] = state_source_of(reader);
    struct state_writer *writer;
    status = state_dir_write(dir, &writer);
    if (status == STATUS_OK)
        status = state_merge(sources, reader != NULL ? 2 : 1, writer);
    if (status == STATUS_OK && reader != NULL)
        status = state_reader_status(reader);
    return status == STATUS_OK ? state_dir_commit(dir) : status;
}

/* `must_be_whole`: what lacks something is not written. */
static enum status state_save(struct remember *remember, struct state_dir *dir, size_t bytes_max,
                              bool must_be_whole)
{
    struct state_list *const list = malloc(sizeof(*list));
    struct saving *const saving = malloc(sizeof(*saving));
    enum status status =
        list != NULL && saving != NULL ? state_list_init(list, bytes_max) : STATUS_NO_MEMORY;
    if (status == STATUS_OK) {
        saving->list = list;
        list_fill(remember, saving);
        status = must_be_whole && list->refused > 0 ? STATUS_NO_MEMORY : list_write(list, dir);
        remember->refused += list->refused;
        state_list_deinit(list);
    }
    free(list);
    free(saving);
    return status;
}

enum status remember_save(struct remember *remember, struct state_dir *dir, size_t bytes_max)
{
    if (remember->watched->count == 0)
        return STATUS_OK; /* nothing was ever seen */
    return state_save(remember, dir, bytes_max, false);
}

bool remember_save_early(const struct remember *remember, struct state_dir *dir, size_t bytes_max)
{
    struct remember counted = *remember; /* what is refused now is counted at the end */
    return state_save(&counted, dir, bytes_max, true) == STATUS_OK;
}
