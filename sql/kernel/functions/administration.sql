-- Meaning: the only doors by which the API's database role changes tenants, people, roles and keys.
-- Grain: one function an act. Each asks first whether the actor may administer the bound tenant.
-- Units: instants in UTC.
-- Reader: domain/kernel/administration. Errors: SQLSTATE CSnnn is the HTTP status nnn, DETAIL the code.
-- An actor of NULL is whoever operates the copy, and is taken from the owner's own login alone.

CREATE FUNCTION admin_refuse(status text, code text, said text, what_next text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', said USING ERRCODE = 'CS' || status, DETAIL = code, HINT = what_next;
END $$;

CREATE FUNCTION bound_tenant() RETURNS text LANGUAGE sql STABLE AS
$$ SELECT NULLIF(current_setting('app.tenant', true), '') $$;

-- Whether the person holds the role now and may come in.
CREATE FUNCTION holds_role(person uuid, tenant text, wanted text) RETURNS boolean
LANGUAGE sql VOLATILE AS $$
  SELECT EXISTS (
    SELECT 1 FROM role_assignments AS ra JOIN users AS u ON u.id = ra.user_id AND u.active
    WHERE ra.user_id = person AND ra.role = wanted AND (tenant IS NULL OR ra.tenant_id = tenant)
      AND ra.valid_from <= clock_timestamp() AND (ra.valid_to IS NULL OR ra.valid_to > clock_timestamp())
      AND NOT EXISTS (SELECT 1 FROM suspensions AS s WHERE s.user_id = ra.user_id AND s.tenant_id = ra.tenant_id))
$$;

-- One act of administration at a time in a tenant, and by those alone who may.
CREATE FUNCTION admin_demand(actor uuid, for_platform boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('administration', 0));
  IF actor IS NULL THEN
    IF NOT pg_has_role(session_user, current_user, 'MEMBER') THEN
      PERFORM admin_refuse('403', 'FORBIDDEN', 'Nobody is named who does this; nothing was changed.', '');
    END IF;
    RETURN;
  END IF;
  IF holds_role(actor, NULL, 'PLATFORM_ADMIN') THEN
    RETURN;
  END IF;
  IF for_platform THEN
    PERFORM admin_refuse('403', 'FORBIDDEN', 'This is for an administrator of the platform.',
      'It is open to: PLATFORM_ADMIN.');
  END IF;
  IF bound_tenant() IS NULL OR NOT holds_role(actor, bound_tenant(), 'ADMIN') THEN
    PERFORM admin_refuse('403', 'FORBIDDEN', 'You do not administer this tenant.',
      'It is open to: ADMIN, PLATFORM_ADMIN.');
  END IF;
END $$;

-- An administrator of a tenant hands out the tenant's roles; the platform's are the platform's to give.
CREATE FUNCTION admin_demand_role(actor uuid, person uuid, given text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM admin_demand(actor, given IN ('PLATFORM_ADMIN', 'RELEASE_APPROVER'));
  IF actor = person AND given IN ('PLATFORM_ADMIN', 'RELEASE_APPROVER') THEN
    PERFORM admin_refuse('403', 'OWN_ROLE', 'Nobody gives this role to himself or herself; nothing was changed.',
      'Ask another PLATFORM_ADMIN.');
  END IF;
END $$;

-- Refuse what would leave nobody who holds the role for good: ADMIN in its tenant, PLATFORM_ADMIN anywhere.
CREATE FUNCTION admin_keep_one(person uuid, tenant text, kept text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE at_home text := CASE WHEN kept = 'ADMIN' THEN tenant END;
BEGIN
  IF kept NOT IN ('ADMIN', 'PLATFORM_ADMIN') OR NOT holds_role(person, tenant, kept) THEN
    RETURN;
  END IF;
  IF NOT EXISTS (
    SELECT 1 FROM role_assignments AS ra JOIN users AS u ON u.id = ra.user_id AND u.active
    WHERE ra.role = kept AND (at_home IS NULL OR ra.tenant_id = at_home)
      AND (ra.user_id <> person OR (at_home IS NULL AND ra.tenant_id <> tenant))
      AND ra.valid_from <= clock_timestamp() AND ra.valid_to IS NULL
      AND NOT EXISTS (SELECT 1 FROM suspensions AS s WHERE s.user_id = ra.user_id AND s.tenant_id = ra.tenant_id)
  ) THEN
    PERFORM admin_refuse('409', 'LAST_ADMIN',
      format('The last %s%s stays; nothing was changed.', kept, COALESCE(' of ' || at_home, '')),
      format('Give %s without an end to somebody else first.', kept));
  END IF;
END $$;

CREATE FUNCTION admin_add_tenant(actor uuid, new_id text, new_name text, zone text, demo boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM admin_demand(actor, true);
  INSERT INTO tenants (tenant_id, name, timezone, is_demo) VALUES (new_id, new_name, zone, demo);
EXCEPTION WHEN unique_violation THEN
  PERFORM admin_refuse('409', 'TENANT_EXISTS', 'There is a tenant with this id already.', 'Choose another id.');
END $$;

CREATE FUNCTION admin_set_tenant(actor uuid, new_name text, zone text, opened boolean, changed jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM admin_demand(actor);
  UPDATE tenants SET name = COALESCE(new_name, name), timezone = COALESCE(zone, timezone),
    public_quickcheck = COALESCE(opened, public_quickcheck), settings = settings || COALESCE(changed, '{}')
  WHERE tenant_id = bound_tenant();
END $$;

CREATE FUNCTION admin_tenants(actor uuid, after_id text, most integer)
RETURNS TABLE (tenant_id text, name text, timezone text, is_demo boolean, public_quickcheck boolean, settings jsonb,
  created_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM admin_demand(actor, true);
  RETURN QUERY SELECT t.tenant_id, t.name, t.timezone, t.is_demo, t.public_quickcheck, t.settings, t.created_at
    FROM tenants AS t WHERE t.tenant_id > after_id ORDER BY t.tenant_id LIMIT most;
END $$;

-- The person under that address, added where nobody has it. Answers the id and whether it is new.
CREATE FUNCTION admin_add_person(actor uuid, new_id uuid, address text, called text)
RETURNS TABLE (id uuid, is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM admin_demand(actor);
  INSERT INTO users (id, email, name) VALUES (new_id, address, called) ON CONFLICT (email) DO NOTHING;
  RETURN QUERY SELECT u.id, u.id = new_id FROM users AS u WHERE u.email = address;
END $$;

CREATE FUNCTION admin_give_role(actor uuid, person uuid, given text, until timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM admin_demand_role(actor, person, given);
  IF NOT EXISTS (SELECT 1 FROM users WHERE id = person) THEN
    PERFORM admin_refuse('404', 'NOT_FOUND', 'There is no such person.', 'Invite the person first.');
  END IF;
  IF EXISTS (SELECT 1 FROM role_assignments WHERE user_id = person AND tenant_id = bound_tenant() AND role = given
      AND (valid_to IS NULL OR valid_to > clock_timestamp())) THEN
    PERFORM admin_refuse('409', 'ROLE_HELD', 'The person holds this role already.', 'Change its end instead.');
  END IF;
  INSERT INTO role_assignments (user_id, tenant_id, role, valid_to) VALUES (person, bound_tenant(), given, until);
END $$;

-- End a role now (until NULL), or set when it will end.
CREATE FUNCTION admin_end_role(actor uuid, person uuid, ended text, until timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM admin_demand(actor, ended IN ('PLATFORM_ADMIN', 'RELEASE_APPROVER'));
  PERFORM admin_keep_one(person, bound_tenant(), ended);
  UPDATE role_assignments
  SET valid_to = GREATEST(COALESCE(until, clock_timestamp()), valid_from + interval '1 microsecond')
  WHERE user_id = person AND tenant_id = bound_tenant() AND role = ended
    AND (valid_to IS NULL OR valid_to > clock_timestamp());
  IF NOT FOUND THEN
    PERFORM admin_refuse('404', 'NOT_FOUND', format('The person does not hold %s here.', ended),
      'The list of people shows who holds what.');
  END IF;
END $$;

-- Keep a person out of the bound tenant, or let the person in again. Other tenants are not touched.
CREATE FUNCTION admin_set_active(actor uuid, person uuid, active boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM admin_demand(actor);
  IF NOT EXISTS (SELECT 1 FROM role_assignments WHERE user_id = person AND tenant_id = bound_tenant()) THEN
    PERFORM admin_refuse('404', 'NOT_FOUND', 'There is no such person in this tenant.', 'The list shows who there is.');
  END IF;
  IF active THEN
    DELETE FROM suspensions WHERE tenant_id = bound_tenant() AND user_id = person;
    RETURN;
  END IF;
  IF EXISTS (SELECT 1 FROM role_assignments WHERE user_id = person AND tenant_id = bound_tenant()
      AND role IN ('PLATFORM_ADMIN', 'RELEASE_APPROVER') AND (valid_to IS NULL OR valid_to > clock_timestamp())) THEN
    PERFORM admin_demand(actor, true);
  END IF;
  PERFORM admin_keep_one(person, bound_tenant(), 'ADMIN');
  PERFORM admin_keep_one(person, bound_tenant(), 'PLATFORM_ADMIN');
  INSERT INTO suspensions (tenant_id, user_id) VALUES (bound_tenant(), person) ON CONFLICT DO NOTHING;
END $$;

CREATE FUNCTION admin_add_key(
  actor uuid, new_id text, called text, hashed text, given text[], until timestamptz, former text
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM admin_demand(actor);
  INSERT INTO api_keys (key_id, tenant_id, name, secret_hash, scopes, expires_at, replaces, created_by)
  VALUES (new_id, bound_tenant(), called, hashed, given, until, former, actor::text);
END $$;

-- End a key now (until NULL), or at the end of an overlap; never later than it would have ended anyway.
CREATE FUNCTION admin_end_key(actor uuid, wanted text, until timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM admin_demand(actor);
  UPDATE api_keys SET
    revoked_at = CASE WHEN until IS NULL THEN clock_timestamp() END,
    expires_at = CASE WHEN until IS NULL THEN expires_at ELSE LEAST(expires_at, until) END
  WHERE key_id = wanted AND tenant_id = bound_tenant() AND revoked_at IS NULL
    AND (expires_at IS NULL OR expires_at > clock_timestamp());
  IF NOT FOUND THEN
    PERFORM admin_refuse('404', 'NOT_FOUND', 'There is no such standing key here.', 'The list shows which stand.');
  END IF;
END $$;

-- The tenants in which the person behind a vouched-for address may come in; asked before a tenant is known.
CREATE FUNCTION tenants_of_email(address text) RETURNS TABLE (tenant_id text, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT t.tenant_id, t.name
  FROM users AS u
  JOIN role_assignments AS ra ON ra.user_id = u.id
    AND ra.valid_from <= clock_timestamp() AND (ra.valid_to IS NULL OR ra.valid_to > clock_timestamp())
  JOIN tenants AS t ON t.tenant_id = ra.tenant_id
  WHERE u.email = lower(address) AND u.active
    AND NOT EXISTS (SELECT 1 FROM suspensions AS s WHERE s.user_id = u.id AND s.tenant_id = ra.tenant_id)
  ORDER BY t.tenant_id
$$;
