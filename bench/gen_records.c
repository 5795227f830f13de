#include "bench/gen_records.h"

#include "bench/gen_lines.h"
#include "engine/base/civil.h"

void gen_writer_init(struct gen_writer *writer, const struct gen_population *population,
                     enum gen_shape shape)
{
    *writer = (struct gen_writer){
        .population = population,
        .shape = shape,
        .is_graph = shape != GEN_SHAPE_AZURE && shape != GEN_SHAPE_RECORDS,
        .date = {.day = INT64_MIN},
    };
}

/* ---- times and addresses ----------------------------------------------------------------- */

static void date_set(struct gen_date *date, int64_t day)
{
    const struct civil_date civil = civil_from_days(day);
    struct gen_text text = {.at = date->text};
    gen_text_digits(&text, (uint32_t)civil.year, 4);
    gen_text_byte(&text, '-');
    gen_text_digits(&text, civil.month, 2);
    gen_text_byte(&text, '-');
    gen_text_digits(&text, civil.day, 2);
    date->day = day;
}

static void time_seconds(struct gen_date *date, int64_t ticks, struct gen_text *text)
{
    const int64_t day = ticks / GEN_TICKS_PER_DAY;
    const uint32_t second = (uint32_t)(ticks % GEN_TICKS_PER_DAY / GEN_TICKS_PER_SECOND);
    if (date->day != day)
        date_set(date, day);
    gen_text_bytes(text, date->text, sizeof date->text);
    gen_text_byte(text, 'T');
    gen_text_clock(text, second);
}

void gen_writer_time(struct gen_date *date, int64_t ticks, struct gen_text *text)
{
    time_seconds(date, ticks, text);
    gen_text_byte(text, '.');
    gen_text_digits(text, (uint32_t)(ticks % GEN_TICKS_PER_SECOND), 7);
}

static bool address_is_ipv4(const struct address *address)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(address->bytes, mapped, sizeof mapped) == 0;
}

static void address_ipv6_write(const uint8_t bytes[16], struct gen_text *text)
{
    uint32_t group[8];
    int zeros_start = -1, zeros_count = 1; /* a single group of zeros is written out */
    for (int i = 0, run = 0; i < 8; i++) {
        group[i] = (uint32_t)bytes[2 * i] << 8 | bytes[2 * i + 1];
        run = group[i] == 0 ? run + 1 : 0;
        if (run > zeros_count) {
            zeros_count = run;
            zeros_start = i + 1 - run;
        }
    }
    for (int i = 0; i < 8; i++) {
        if (i == zeros_start) {
            GEN_PUT(text, "::");
            i += zeros_count - 1;
            continue;
        }
        if (i > 0 && i != zeros_start + zeros_count)
            gen_text_byte(text, ':');
        gen_text_hex(text, group[i],
                     group[i] > 0xfff  ? 4
                     : group[i] > 0xff ? 3
                     : group[i] > 0xf  ? 2
                                       : 1);
    }
}

void gen_writer_address(const struct address *address, struct gen_text *text)
{
    if (!address_is_ipv4(address)) {
        address_ipv6_write(address->bytes, text);
        return;
    }
    for (int i = 12; i < 16; i++) {
        gen_text_number(text, address->bytes[i]);
        if (i < 15)
            gen_text_byte(text, '.');
    }
}

/* ---- what a record is made of ------------------------------------------------------------ */

/* Texts that a record holds more than once, written once. */
struct parts {
    const struct gen_signin *signin;
    const struct gen_tenant *tenant;
    const struct gen_code *code;
    const struct gen_app *app;
    const struct gen_agent_text *agent;
    struct slice time; /* 2024-01-31T09:30:00.1234567+00:00 */
    struct slice address, correlation, id, account, display, user_id;
    char storage[512];
};

static struct slice part_end(struct gen_text *text, const char *start)
{
    return slice_of(start, (size_t)(text->at - start));
}

static const struct gen_agent_text *agent_of(const struct gen_writer *writer,
                                             const struct gen_signin *signin)
{
    /* A new version every four weeks since the start of 2024, whatever the log's start. */
    const int64_t epoch = INT64_C(19723) * GEN_TICKS_PER_DAY;
    int64_t version = (signin->time - epoch) / (28 * GEN_TICKS_PER_DAY) + 1 - signin->version_lag;
    if (version < 0)
        version = 0;
    if (version >= GEN_VERSIONS)
        version = GEN_VERSIONS - 1;
    return &writer->population->agents[signin->agent][version];
}

static void parts_init(struct parts *parts, struct gen_writer *writer,
                       const struct gen_signin *signin)
{
    const struct gen_population *population = writer->population;
    parts->signin = signin;
    parts->tenant = &population->tenants[signin->tenant];
    parts->code = &gen_codes[signin->code];
    parts->app = &gen_apps[signin->app];
    parts->agent = agent_of(writer, signin);

    struct gen_text text = {.at = parts->storage};
    const char *start = text.at;
    if (writer->is_graph) {
        time_seconds(&writer->date, signin->time, &text);
        gen_text_byte(&text, 'Z');
    } else {
        gen_writer_time(&writer->date, signin->time, &text);
        GEN_PUT(&text, "+00:00");
    }
    parts->time = part_end(&text, start);
    start = text.at;
    gen_writer_address(&signin->source.address, &text);
    parts->address = part_end(&text, start);
    start = text.at;
    gen_text_uuid(&text, gen_mix(signin->chain, 1), gen_mix(signin->chain, 2));
    parts->correlation = part_end(&text, start);
    start = text.at;
    gen_text_uuid(&text, gen_mix(signin->salt, 1), gen_mix(signin->salt, 2));
    parts->id = part_end(&text, start);
    start = text.at;
    const enum gen_account_kind kind = (enum gen_account_kind)signin->kind;
    gen_account_name(population, signin->tenant, kind, signin->account, &text);
    parts->account = part_end(&text, start);
    start = text.at;
    gen_account_display(population, signin->tenant, kind, signin->account, &text);
    parts->display = part_end(&text, start);
    start = text.at;
    if (kind == GEN_ACCOUNT_UNKNOWN) {
        GEN_PUT(&text, "00000000-0000-0000-0000-000000000000");
    } else {
        const uint64_t user = gen_mix(population->seed ^ (uint64_t)signin->tenant << 40,
                                      (uint64_t)kind << 32 | signin->account);
        gen_text_uuid(&text, hash_mix(user), hash_mix(user + 1));
    }
    parts->user_id = part_end(&text, start);
}

static bool is_principal(const struct parts *parts)
{
    return parts->signin->kind == GEN_ACCOUNT_PRINCIPAL;
}

static bool is_success(const struct parts *parts)
{
    return parts->code->code == 0;
}

static bool has(const struct parts *parts, enum gen_signin_flags flag)
{
    return (parts->signin->flags & flag) != 0;
}

/* A wrong password ends a sign-in before any second factor is asked for. */
static bool wants_mfa(const struct parts *parts)
{
    const uint8_t proof = parts->code->proof;
    const bool has_factor = has(parts, GEN_SIGNIN_MFA_DONE) || has(parts, GEN_SIGNIN_MFA_CLAIM);
    return proof == GEN_PROOF_STOPPED || (proof == GEN_PROOF_RIGHT && has_factor);
}

/* The policies act only once the first factor is known to be right. */
static enum gen_policy_view policy_view(const struct parts *parts)
{
    switch (parts->code->proof) {
    case GEN_PROOF_STOPPED:
        return GEN_POLICY_MFA_FAILED;
    case GEN_PROOF_BLOCKED:
        return GEN_POLICY_BLOCKED;
    case GEN_PROOF_RIGHT:
        return wants_mfa(parts) ? GEN_POLICY_SATISFIED : GEN_POLICY_NOT_APPLIED;
    default:
        return GEN_POLICY_NOT_APPLIED;
    }
}

static const char *details_of(const struct parts *parts)
{
    if (!is_success(parts))
        return parts->code->details;
    if (has(parts, GEN_SIGNIN_MFA_DONE))
        return "MFA completed in Azure AD";
    if (has(parts, GEN_SIGNIN_MFA_CLAIM))
        return "MFA requirement satisfied by claim in the token";
    return NULL;
}

static void category_write(const struct parts *parts, struct gen_text *text)
{
    if (is_principal(parts))
        GEN_PUT(text, "ServicePrincipalSignInLogs");
    else if (has(parts, GEN_SIGNIN_NONINTERACTIVE))
        GEN_PUT(text, "NonInteractiveUserSignInLogs");
    else
        GEN_PUT(text, "SignInLogs");
}

static void envelope_write(struct gen_writer *writer, const struct parts *parts,
                           struct gen_text *text)
{
    const struct gen_signin *signin = parts->signin;
    /* The export follows the sign-in by two to twelve minutes. */
    const int64_t export_ticks =
        signin->time + 2 * GEN_TICKS_PER_MINUTE +
        (int64_t)(gen_mix(signin->salt, 3) % (uint64_t)(10 * GEN_TICKS_PER_MINUTE));
    GEN_PUT(text, "{\"time\":\"");
    gen_writer_time(&writer->date, export_ticks, text);
    GEN_PUT(text, "Z\",\"resourceId\":\"/tenants/");
    gen_text_bytes(text, parts->tenant->id, 36);
    GEN_PUT(text, "/providers/Microsoft.aadiam\",\"operationName\":\"Sign-in activity\","
                  "\"operationVersion\":\"1.0\",\"category\":\"");
    category_write(parts, text);
    GEN_PUT(text, "\",\"tenantId\":\"");
    gen_text_bytes(text, parts->tenant->id, 36);
    GEN_PUT(text, "\",\"resultType\":\"");
    gen_text_number(text, parts->code->code);
    GEN_PUT(text, "\",\"resultSignature\":\"None\"");
    if (!is_success(parts)) {
        GEN_PUT(text, ",\"resultDescription\":\"");
        gen_text_string(text, parts->code->reason);
        gen_text_byte(text, '"');
    }
    GEN_PUT(text, ",\"durationMs\":0,\"callerIpAddress\":\"");
    gen_text_slice(text, parts->address);
    GEN_PUT(text, "\",\"correlationId\":\"");
    gen_text_slice(text, parts->correlation);
    GEN_PUT(text, "\",\"identity\":\"");
    gen_text_slice(text, parts->display);
    GEN_PUT(text, "\",\"Level\":4,\"location\":\"");
    gen_text_bytes(text, gen_country_codes[signin->source.country], 2);
    GEN_PUT(text, "\",\"properties\":");
}

static void who_write(const struct gen_writer *writer, const struct parts *parts,
                      struct gen_text *text)
{
    GEN_PUT(text, "{\"id\":\"");
    gen_text_slice(text, parts->id);
    GEN_PUT(text, "\",\"createdDateTime\":\"");
    gen_text_slice(text, parts->time);
    GEN_PUT(text, "\",\"userDisplayName\":\"");
    if (!is_principal(parts))
        gen_text_slice(text, parts->display);
    GEN_PUT(text, "\",\"userPrincipalName\":\"");
    if (!is_principal(parts))
        gen_text_slice(text, parts->account);
    GEN_PUT(text, "\",\"userId\":\"");
    if (!is_principal(parts))
        gen_text_slice(text, parts->user_id);
    GEN_PUT(text, "\",\"appId\":\"");
    gen_text_string(text, parts->app->id);
    GEN_PUT(text, "\",\"appDisplayName\":\"");
    gen_text_string(text, parts->app->name);
    GEN_PUT(text, "\",\"ipAddress\":\"");
    gen_text_slice(text, parts->address);
    GEN_PUT(text, "\",\"status\":{\"errorCode\":");
    gen_text_number(text, parts->code->code);
    if (!is_success(parts)) {
        GEN_PUT(text, ",\"failureReason\":\"");
        gen_text_string(text, parts->code->reason);
        gen_text_byte(text, '"');
    } else if (writer->is_graph) {
        GEN_PUT(text, ",\"failureReason\":\"Other.\"");
    }
    const char *details = details_of(parts);
    if (details != NULL) {
        GEN_PUT(text, ",\"additionalDetails\":\"");
        gen_text_string(text, details);
        gen_text_byte(text, '"');
    } else if (writer->is_graph) {
        GEN_PUT(text, ",\"additionalDetails\":null");
    }
    gen_text_byte(text, '}');
}

static void device_write(const struct parts *parts, struct gen_text *text)
{
    const struct gen_signin *signin = parts->signin;
    const uint64_t device = gen_mix((uint64_t)signin->tenant << 32 | signin->account, 9);
    GEN_PUT(text, ",\"deviceDetail\":{\"deviceId\":\"");
    if (has(parts, GEN_SIGNIN_MANAGED))
        gen_text_uuid(text, device, hash_mix(device));
    GEN_PUT(text, "\",\"operatingSystem\":\"");
    gen_text_slice(text, parts->agent->system);
    if (parts->agent->browser.bytes > 0) {
        GEN_PUT(text, "\",\"browser\":\"");
        gen_text_slice(text, parts->agent->browser);
    }
    if (has(parts, GEN_SIGNIN_MANAGED))
        GEN_PUT(text, "\",\"isCompliant\":true,\"isManaged\":true,\"trustType\":\"Azure AD "
                      "joined\"}");
    else
        GEN_PUT(text, "\"}");
}

static void location_write(const struct parts *parts, struct gen_text *text)
{
    const struct gen_source *source = &parts->signin->source;
    const struct gen_place *place = &gen_places[source->country][source->place];
    GEN_PUT(text, ",\"location\":{\"city\":\"");
    gen_text_string(text, place->city);
    GEN_PUT(text, "\",\"state\":\"");
    gen_text_string(text, place->state);
    GEN_PUT(text, "\",\"countryOrRegion\":\"");
    gen_text_bytes(text, gen_country_codes[source->country], 2);
    GEN_PUT(text, "\",\"geoCoordinates\":{\"latitude\":");
    gen_text_string(text, place->latitude);
    GEN_PUT(text, ",\"longitude\":");
    gen_text_string(text, place->longitude);
    GEN_PUT(text, "}}");
}

static void client_write(const struct parts *parts, struct gen_text *text)
{
    GEN_PUT(text, ",\"clientAppUsed\":\"");
    if (is_principal(parts))
        ;
    else if (has(parts, GEN_SIGNIN_BASIC))
        GEN_PUT(text, "Other clients");
    else if (has(parts, GEN_SIGNIN_BROWSER))
        GEN_PUT(text, "Browser");
    else
        GEN_PUT(text, "Mobile Apps and Desktop clients");
    GEN_PUT(text, "\",\"userAgent\":\"");
    gen_text_slice(text, parts->agent->agent);
    gen_text_byte(text, '"');
    device_write(parts, text);
    location_write(parts, text);
    if (has(parts, GEN_SIGNIN_MFA_DONE))
        GEN_PUT(text, ",\"mfaDetail\":{\"authMethod\":\"Mobile app notification\"}");
    else
        GEN_PUT(text, ",\"mfaDetail\":{}");
}

static void policies_write(const struct parts *parts, struct gen_text *text)
{
    const enum gen_policy_view view = policy_view(parts);
    GEN_PUT(text, ",\"correlationId\":\"");
    gen_text_slice(text, parts->correlation);
    GEN_PUT(text, "\",\"conditionalAccessStatus\":\"");
    if (view == GEN_POLICY_SATISFIED)
        GEN_PUT(text, "success");
    else if (view == GEN_POLICY_NOT_APPLIED)
        GEN_PUT(text, "notApplied");
    else
        GEN_PUT(text, "failure");
    GEN_PUT(text, "\",\"appliedConditionalAccessPolicies\":");
    gen_text_slice(text, parts->tenant->policies[view]);
}

static void processing_write(const struct parts *parts, struct gen_text *text)
{
    GEN_PUT(text, ",\"originalRequestId\":\"");
    gen_text_slice(text, parts->id);
    if (has(parts, GEN_SIGNIN_NONINTERACTIVE) || is_principal(parts))
        GEN_PUT(text, "\",\"isInteractive\":false");
    else
        GEN_PUT(text, "\",\"isInteractive\":true");
    GEN_PUT(text, ",\"tokenIssuerType\":\"AzureAD\",\"authenticationProcessingDetails\":[]");
    if (is_principal(parts))
        GEN_PUT(text, ",\"clientCredentialType\":\"clientSecret\"");
    GEN_PUT(text, ",\"processingTimeInMilliseconds\":");
    gen_text_number(text, 40 + gen_mix(parts->signin->salt, 4) % 400);
    GEN_PUT(text, ",\"riskDetail\":\"none\",\"riskLevelAggregated\":\"none\","
                  "\"riskLevelDuringSignIn\":\"none\",\"riskState\":\"none\","
                  "\"riskEventTypes\":[],\"riskEventTypes_v2\":[],\"resourceDisplayName\":\"");
    gen_text_string(text, parts->app->resource_name);
    GEN_PUT(text, "\",\"resourceId\":\"");
    gen_text_string(text, parts->app->resource_id);
    GEN_PUT(text, "\",\"resourceTenantId\":\"");
    gen_text_bytes(text, parts->tenant->id, 36);
    GEN_PUT(text, "\",\"homeTenantId\":\"");
    gen_text_bytes(text, parts->tenant->id, 36);
    GEN_PUT(text, "\",\"tenantId\":\"");
    gen_text_bytes(text, parts->tenant->id, 36);
    gen_text_byte(text, '"');
}

/* ---- the steps of the authentication ----------------------------------------------------- */

struct step {
    const char *method; /* NULL: the step names none */
    const char *detail;
    const char *result;
    bool succeeded;
};

static void step_write(const struct gen_writer *writer, const struct parts *parts,
                       const struct step *step, uint32_t sequence, struct gen_text *text)
{
    if (sequence > 0)
        gen_text_byte(text, ',');
    GEN_PUT(text, "{\"authenticationStepDateTime\":\"");
    gen_text_slice(text, parts->time);
    if (step->method != NULL) {
        GEN_PUT(text, "\",\"authenticationMethod\":\"");
        gen_text_string(text, step->method);
        GEN_PUT(text, "\",\"authenticationMethodDetail\":\"");
        gen_text_string(text, step->detail);
    }
    GEN_PUT(text, "\",\"succeeded\":");
    if (step->succeeded)
        GEN_PUT(text, "true");
    else
        GEN_PUT(text, "false");
    GEN_PUT(text, ",\"authenticationStepResultDetail\":\"");
    gen_text_string(text, step->result);
    GEN_PUT(text, "\",\"authenticationStepRequirement\":\"Primary authentication\"");
    if (step->method != NULL && !writer->is_graph) {
        GEN_PUT(text, ",\"StatusSequence\":");
        gen_text_number(text, sequence);
        GEN_PUT(text, ",\"RequestSequence\":1");
    }
    gen_text_byte(text, '}');
}

static void steps_write(const struct gen_writer *writer, const struct parts *parts,
                        struct gen_text *text)
{
    static const struct step wrong = {"Password", "Password in the cloud", "Incorrect password",
                                      false};
    static const struct step right = {"Password", "Password in the cloud", "Correct password",
                                      true};
    static const struct step claim = {"Previously satisfied", "",
                                      "First factor requirement satisfied by claim in the token",
                                      true};
    static const struct step mfa_done = {"Mobile app notification", "", "MFA completed in Azure AD",
                                         true};
    static const struct step mfa_claim = {"Previously satisfied", "",
                                          "MFA requirement satisfied by claim in the token", true};
    static const struct step mfa_wanted = {NULL, NULL, "MFA required in Azure AD", false};
    static const struct step mfa_denied = {"Mobile app notification", "",
                                           "MFA denied; user did not respond to mobile app "
                                           "notification",
                                           false};
    const uint8_t proof = parts->code->proof;
    uint32_t sequence = 0;
    GEN_PUT(text, ",\"authenticationDetails\":[");
    if (is_principal(parts) || proof == GEN_PROOF_NONE)
        ;
    else if (proof == GEN_PROOF_WRONG)
        step_write(writer, parts, &wrong, sequence++, text);
    else if (is_success(parts) && has(parts, GEN_SIGNIN_FIRST_CLAIM))
        step_write(writer, parts, has(parts, GEN_SIGNIN_MFA_CLAIM) ? &mfa_claim : &claim,
                   sequence++, text);
    else
        step_write(writer, parts, &right, sequence++, text);

    if (proof == GEN_PROOF_STOPPED)
        step_write(writer, parts,
                   parts->signin->code == GEN_CODE_MFA_DENIED ? &mfa_denied : &mfa_wanted,
                   sequence++, text);
    else if (is_success(parts) && has(parts, GEN_SIGNIN_MFA_DONE))
        step_write(writer, parts, &mfa_done, sequence++, text);
    else if (is_success(parts) && has(parts, GEN_SIGNIN_MFA_CLAIM) &&
             !has(parts, GEN_SIGNIN_FIRST_CLAIM))
        step_write(writer, parts, &mfa_claim, sequence++, text);
    gen_text_byte(text, ']');
}

static void requirement_write(const struct parts *parts, struct gen_text *text)
{
    GEN_PUT(text, ",\"authenticationRequirementPolicies\":[");
    if (wants_mfa(parts))
        GEN_PUT(text, "{\"requirementProvider\":\"multiConditionalAccess\",\"detail\":"
                      "\"Conditional Access\"}");
    GEN_PUT(text, "],\"authenticationRequirement\":\"");
    if (wants_mfa(parts))
        GEN_PUT(text, "multiFactorAuthentication");
    else
        GEN_PUT(text, "singleFactorAuthentication");
    GEN_PUT(text, "\",\"alternateSignInName\":\"");
    if (!is_principal(parts))
        gen_text_slice(text, parts->account);
    GEN_PUT(text, "\",\"signInIdentifier\":\"");
    if (!is_principal(parts)) {
        char *typed = text->at;
        gen_text_slice(text, parts->account);
        /* Some people write their name with a capital. */
        if (parts->signin->account % 11 == 0 && *typed >= 'a' && *typed <= 'z')
            *typed = (char)(*typed - 'a' + 'A');
    }
    if (is_principal(parts)) {
        GEN_PUT(text, "\",\"servicePrincipalName\":\"");
        gen_text_slice(text, parts->display);
        GEN_PUT(text, "\",\"servicePrincipalId\":\"");
        gen_text_slice(text, parts->user_id);
        gen_text_byte(text, '"');
    } else {
        GEN_PUT(text, "\",\"servicePrincipalId\":\"\",\"userType\":\"Member\"");
    }
}

static void token_write(const struct parts *parts, struct gen_text *text)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    GEN_PUT(text, ",\"flaggedForReview\":false,\"autonomousSystemNumber\":");
    gen_text_number(text, parts->signin->source.asn);
    GEN_PUT(text, ",\"crossTenantAccessType\":\"none\",\"uniqueTokenIdentifier\":\"");
    for (uint64_t half = 0; half < 2; half++) {
        uint64_t bits = gen_mix(parts->signin->salt, 5 + half);
        for (int i = 0; i < 10 + (int)half; i++, bits >>= 6)
            gen_text_byte(text, base64[bits & 63]);
    }
    /* 128 bits leave two for the last character. */
    gen_text_byte(text, "AQgw"[parts->signin->salt & 3]);
    GEN_PUT(text, "\",\"incomingTokenType\":\"");
    if (has(parts, GEN_SIGNIN_NONINTERACTIVE) && !has(parts, GEN_SIGNIN_BASIC))
        GEN_PUT(text, "primaryRefreshToken");
    else
        GEN_PUT(text, "none");
    GEN_PUT(text, "\",\"authenticationProtocol\":\"");
    if (has(parts, GEN_SIGNIN_ROPC))
        GEN_PUT(text, "ropc");
    else if (has(parts, GEN_SIGNIN_BASIC) || is_principal(parts))
        GEN_PUT(text, "none");
    else
        GEN_PUT(text, "oAuth2");
    GEN_PUT(text, "\",\"sessionId\":\"");
    gen_text_uuid(text, gen_mix(parts->signin->chain, 3), gen_mix(parts->signin->chain, 4));
    gen_text_byte(text, '"');
}

static void event_types_write(const struct parts *parts, struct gen_text *text)
{
    if (is_principal(parts))
        GEN_PUT(text, ",\"signInEventTypes\":[\"servicePrincipal\"]");
    else if (has(parts, GEN_SIGNIN_NONINTERACTIVE))
        GEN_PUT(text, ",\"signInEventTypes\":[\"nonInteractiveUser\"]");
    else
        GEN_PUT(text, ",\"signInEventTypes\":[\"interactiveUser\"]");
}

/* ---- a row of the download ----------------------------------------------------------------- */

/* A cell in quotes, behind a comma. */
static void quoted_cell(struct gen_text *text, struct slice cell)
{
    GEN_PUT(text, ",\"");
    for (size_t i = 0; i < cell.bytes; i++) {
        if (cell.start[i] == '"')
            gen_text_byte(text, '"');
        gen_text_byte(text, cell.start[i]);
    }
    gen_text_byte(text, '"');
}

/* A cell that needs no quotes, behind a comma. */
static void cell(struct gen_text *text, const char *string)
{
    gen_text_byte(text, ',');
    gen_text_string(text, string);
}

static void row_who(const struct parts *parts, struct gen_text *text)
{
    gen_text_slice(text, parts->time);
    gen_text_byte(text, ',');
    gen_text_slice(text, parts->id);
    quoted_cell(text, parts->agent->agent);
    gen_text_byte(text, ',');
    gen_text_slice(text, parts->correlation);
    gen_text_byte(text, ',');
    gen_text_slice(text, parts->user_id);
    quoted_cell(text, parts->display);
    gen_text_byte(text, ',');
    gen_text_slice(text, parts->account);
    GEN_PUT(text, ",member,none,none");
    cell(text, has(parts, GEN_SIGNIN_ROPC) ? "ropc" : "none");
    gen_text_byte(text, ',');
    gen_text_hex(text, gen_mix(parts->signin->salt, 5), 16);
    GEN_PUT(text, ",none,none,unbound,1002");
}

static void row_what(const struct parts *parts, struct gen_text *text)
{
    quoted_cell(text, slice_from_string(parts->app->name));
    cell(text, parts->app->id);
    gen_text_byte(text, ',');
    quoted_cell(text, slice_from_string(parts->app->resource_name));
    cell(text, parts->app->resource_id);
    for (int i = 0; i < 3; i++) { /* tenants of the resource, its owner and the account */
        gen_text_byte(text, ',');
        gen_text_bytes(text, parts->tenant->id, 36);
    }
    gen_text_byte(text, ',');
}

static void row_where(const struct parts *parts, struct gen_text *text)
{
    const struct gen_source *source = &parts->signin->source;
    const struct gen_place *place = &gen_places[source->country][source->place];
    gen_text_byte(text, ',');
    gen_text_slice(text, parts->address);
    GEN_PUT(text, ",\"");
    gen_text_string(text, place->city);
    GEN_PUT(text, ", ");
    gen_text_string(text, place->state);
    GEN_PUT(text, ", ");
    gen_text_bytes(text, gen_country_codes[source->country], 2);
    gen_text_byte(text, '"');
}

static void row_outcome(const struct parts *parts, struct gen_text *text)
{
    const bool is_interrupted = parts->code->proof == GEN_PROOF_STOPPED;
    cell(text, is_success(parts) ? "Success" : is_interrupted ? "Interrupted" : "Failure");
    gen_text_byte(text, ',');
    gen_text_number(text, parts->code->code);
    quoted_cell(text, slice_from_string(is_success(parts) ? "Other." : parts->code->reason));
    cell(text, has(parts, GEN_SIGNIN_BASIC)     ? "Other clients"
               : has(parts, GEN_SIGNIN_BROWSER) ? "Browser"
                                                : "Mobile Apps and Desktop clients");
    gen_text_byte(text, ',');
    quoted_cell(text, parts->agent->browser);
    quoted_cell(text, parts->agent->system);
    cell(text, has(parts, GEN_SIGNIN_MANAGED) ? "True,True,Azure AD joined" : "False,False,");
    cell(text, has(parts, GEN_SIGNIN_MFA_DONE) ? "MFA completed in Azure AD,Mobile app,"
               : has(parts, GEN_SIGNIN_MFA_CLAIM)
                   ? "MFA requirement satisfied by claim in the token,,"
                   : ",,");
    cell(text, wants_mfa(parts) ? "Multifactor authentication" : "Single-factor authentication");
}

static void row_rest(const struct parts *parts, struct gen_text *text)
{
    gen_text_byte(text, ',');
    gen_text_slice(text, parts->account);
    gen_text_byte(text, ',');
    gen_text_uuid(text, gen_mix(parts->signin->chain, 3), gen_mix(parts->signin->chain, 4));
    GEN_PUT(text, ",,No,");
    gen_text_byte(text, ',');
    gen_text_number(text, parts->signin->source.asn);
    GEN_PUT(text, ",No,Azure AD,none,,");
    gen_text_number(text, 40 + gen_mix(parts->signin->salt, 6) % 900);
    GEN_PUT(text, ",Not Applied,None,,,");
}

static void row_write(const struct parts *parts, struct gen_text *text)
{
    row_who(parts, text);
    row_what(parts, text);
    row_where(parts, text);
    row_outcome(parts, text);
    row_rest(parts, text);
}

void gen_writer_signin(struct gen_writer *writer, const struct gen_signin *signin,
                       struct gen_text *text)
{
    struct parts parts;
    if (writer->shape == GEN_SHAPE_SSHD || writer->shape == GEN_SHAPE_SSHD_ISO) {
        gen_lines_signin(writer, signin, text);
        return;
    }
    parts_init(&parts, writer, signin);
    if (writer->shape == GEN_SHAPE_CSV) {
        row_write(&parts, text);
        return;
    }
    if (!writer->is_graph)
        envelope_write(writer, &parts, text);
    who_write(writer, &parts, text);
    client_write(&parts, text);
    policies_write(&parts, text);
    processing_write(&parts, text);
    steps_write(writer, &parts, text);
    requirement_write(&parts, text);
    token_write(&parts, text);
    if (writer->is_graph)
        event_types_write(&parts, text);
    gen_text_byte(text, '}');
    if (!writer->is_graph)
        gen_text_byte(text, '}');
}
